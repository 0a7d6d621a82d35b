/** pgpass has no types of its own. */
declare module 'pgpass/lib/helper.js' {
  export function usePgPass(found: import('node:fs').Stats, file: string): boolean;
  export function getPassword(
    place: { readonly host: string; readonly port: number; readonly user: string; readonly database: string },
    stream: NodeJS.ReadableStream,
    found: (password: string | undefined) => void,
  ): void;
}
