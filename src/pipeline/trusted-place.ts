/**
 * Refuses to write where somebody else could lay a trap: in words, for each of the places that are ours.
 */
import { type ErrorCode, MirrorhashError } from '../errors.js';
import { strangerAt } from '../files/trusted-place.js';

export interface Place {
  /** what lies there, such as `the state` */
  readonly title: string;
  /** the option that names another place */
  readonly option: string;
  readonly code: ErrorCode;
}

/**
 * @param directory absolute, as it was named: links are looked at, too
 * @throws MirrorhashError when it, or a directory above it, is in the hands of others
 */
export function refuseStrangers(directory: string, { title, option, code }: Place): void {
  const stranger = strangerAt(directory);
  if (stranger === null) return;
  const { path, who, id } = stranger;
  const why = {
    user: `it belongs to another user (${id})`,
    group: `a group may write there (${id})`,
    everybody: 'everybody may write there',
  };
  const another = `name a directory of your own with ${option}`;
  const hint = {
    user: `run this as that user (sudo -u '#${id}' mirrorhash …), or ${another}`,
    group: `chmod g-w ${path}, or ${another}`,
    everybody: another,
  };
  throw new MirrorhashError(code, `${title} is not safe in ${path}: ${why[who]}`, { hint: hint[who] });
}
