import { MirrorhashError } from '../../src/errors.js';

/** The thrown USAGE error; what was returned instead is an error that names it. */
export function refusal(run: () => unknown): MirrorhashError {
  let returned: unknown;
  try {
    returned = run();
  } catch (error) {
    if (error instanceof MirrorhashError && error.code === 'USAGE') return error;
    throw error;
  }
  throw new Error(`accepted as ${JSON.stringify(returned)}`);
}
