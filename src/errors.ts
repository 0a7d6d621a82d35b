/**
 * Errors for people: what happened, to which file, what to do.
 *
 * A failed *file* is an outcome (model.ts) and no error. A `MirrorhashError` ends the command; its code
 * decides the exit status in `cli/main.ts` and is listed in the README.
 */

/** Codes that end a command before anything was touched (exit status 2). */
export const usageCodes = [
  'USAGE',
  'CONFIG_INVALID',
  'NO_SUCH_PATH',
  'OUTSIDE_BASE',
  'BASE_MISMATCH',
  'NO_STATE',
] as const;

/** Codes of a command that could not do its job (exit status 1). */
export const fatalCodes = [
  'STATE_UNUSABLE',
  'CACHE_UNUSABLE',
  'CACHE_FOREIGN',
  'CACHE_NEWER',
  'REDIRECTOR_UNUSABLE',
  'REDIRECTOR_AWAY',
  'PATHS_UNKNOWN',
  'DELETE_GUARD',
  'NOT_CACHED',
  'OUTPUT_CLOSED',
  'LISTEN_FAILED',
  'OUTPUT_UNUSABLE',
  'WORKER_FAILED',
] as const;

export type ErrorCode = (typeof usageCodes)[number] | (typeof fatalCodes)[number];

export class MirrorhashError extends Error {
  override readonly name = 'MirrorhashError';

  /**
   * @param code    what kind of failure, see the lists above
   * @param message lower case, no full stop, names the file
   * @param options `hint`: what the user can do; `cause`: the error underneath
   */
  constructor(
    readonly code: ErrorCode,
    message: string,
    options: { readonly hint?: string; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.hint = options.hint;
  }

  readonly hint: string | undefined;
}

/** Codes that Node makes of errors of Linux that it has no name for. */
const namelessCodes: Readonly<Record<string, string>> = { 'Unknown system error -122': 'EDQUOT' };

/** The `code` of an error from the system or from SQLite, or null. */
export function systemCode(error: unknown): string | null {
  if (!(error instanceof Error && 'code' in error && typeof error.code === 'string')) return null;
  return namelessCodes[error.code] ?? error.code;
}

/** The words of any thrown thing. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const systemWords: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ENOENT: 'no such file or directory',
  ENOTDIR: 'a part of the path is not a directory',
  ELOOP: 'too many symbolic links',
  ENAMETOOLONG: 'the name is too long',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota of the disk is used up',
  EFBIG: 'the file would be larger than is allowed (see ulimit -f)',
  EMFILE: 'too many open files (see ulimit -n)',
  ENFILE: 'too many open files in the system',
  EIO: 'input/output error: the disk or its driver failed',
  EISDIR: 'it is a directory',
  EEXIST: 'there is a file of that name',
};

/** Why a system call failed, without repeating its path; the words of any other error. */
export function reasonOf(error: unknown): string {
  return systemWords[systemCode(error) ?? ''] ?? messageOf(error);
}
