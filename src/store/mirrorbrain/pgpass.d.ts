/** pgpass has no types of its own. */
declare module 'pgpass' {
  export default function pgpass(
    place: { readonly host: string; readonly port: number; readonly user: string; readonly database: string },
    found: (password: string | undefined) => void,
  ): void;
}
