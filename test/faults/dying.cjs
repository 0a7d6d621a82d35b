/** To be required before the program: its threads end when they open their n-th file. MIRRORHASH_DIE is `exit 7`, say. */
const fs = require('node:fs');
const { syncBuiltinESMExports } = require('node:module');
const { isMainThread } = require('node:worker_threads');

const [how, nth] = (process.env.MIRRORHASH_DIE ?? '').split(' ');
if (!isMainThread) {
  const { openSync } = fs;
  let opened = 0;
  fs.openSync = (...args) => {
    opened += 1;
    if (opened >= Number(nth)) end();
    return openSync(...args);
  };
  syncBuiltinESMExports();
}

function end() {
  if (how === 'exit') process.exit(3);
  const kept = [];
  for (;;) kept.push(new Array(100_000).fill({}));
}
