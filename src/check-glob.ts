/** Refuses globs that cannot be meant; their library is only loaded for it. */

/**
 * @throws MirrorhashError USAGE when the selection would refuse the glob
 */
export async function checkGlob(glob: string): Promise<void> {
  const { createMatcher } = await import('./selection.js');
  createMatcher([glob]);
}
