/**
 * Program: swaps two directories, over and over, until it is killed: arguments are the two, and a free name beside them.
 */
import { renameSync } from 'node:fs';

const [one = '', other = '', free = ''] = process.argv.slice(2);
process.send?.('ready');
// Who only waits for a message would not see the parent go.
process.on('disconnect', () => process.exit());
function swap(): void {
  for (let round = 0; round < 1000; round += 1) {
    renameSync(one, free);
    renameSync(other, one);
    renameSync(free, other);
  }
  setImmediate(swap);
}
swap();
