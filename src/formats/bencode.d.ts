/** The part of the npm package `bencode` that we use; it brings no types of its own. */
declare module 'bencode' {
  /** Byte strings, integers, lists and dictionaries of BEP 3; a string is written as its UTF-8 bytes. */
  export type BencodeValue =
    | Uint8Array
    | string
    | number
    | readonly BencodeValue[]
    | { readonly [key: string]: BencodeValue };

  const bencode: {
    /** Dictionary keys are sorted; they must be ASCII for that to be the order of their bytes. */
    encode(value: BencodeValue): Uint8Array;
  };
  export default bencode;
}
