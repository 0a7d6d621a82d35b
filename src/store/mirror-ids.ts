/**
 * Pure: the text of `filearr.mirrors`, a JSON array of the mirrors' numbers, sorted, each once.
 *
 * Other programs may write there, too: what is no such array is not understood, and never written over.
 */

/** @returns null when it is something else; no text at all is an empty array */
export function parseMirrorIds(text: string | null): readonly number[] | null {
  if (text === null || text === '[]') return [];
  const value = parsed(text);
  return Array.isArray(value) && value.every(isId) ? value : null;
}

export function formatMirrorIds(ids: Iterable<number>): string {
  return JSON.stringify([...new Set(ids)].sort((a, b) => a - b));
}

function isId(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
