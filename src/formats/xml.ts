/**
 * Text in XML 1.0 documents.
 */

/** What XML 1.0 (2.2) cannot hold, not even as a reference. */
const noCharacter = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|\p{Surrogate}/u;

/** Line breaks and tabs as references: in an attribute a parser would turn them into blanks, in text CR into LF. */
const references: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};

export function isXmlText(text: string): boolean {
  return !noCharacter.test(text);
}

/** For attributes in either quotes, and for text. */
export function escapeXml(text: string): string {
  return text.replace(/[&<>"'\t\n\r]/g, (character) => references[character] ?? character);
}

/** For text of many lines, whose line feeds are to stay. */
export function escapeXmlLines(text: string): string {
  return text.replace(/[&<>\r]/g, (character) => references[character] ?? character);
}
