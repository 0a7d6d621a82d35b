/**
 * Piece hashes and zsync sums of a stretch of a file that holds whole pieces and whole blocks (but for the file's
 * end). The stretches of a file may be done in any order, by anybody.
 */
import type { FileRecipe, HashLengths } from '../model.js';
import type { Kernel } from './kernel.js';
import { PieceSeries } from './pieces.js';
import { BlockSeries } from './zsums.js';

export class UnitSums {
  private readonly pieces: PieceSeries;
  private readonly blocks: BlockSeries | null;

  /**
   * @param recipe of the file
   * @param into   where the sums go; hash lengths are those of the whole file, null for no zsync sums
   */
  constructor(
    recipe: FileRecipe,
    into: {
      readonly pieces: Uint8Array;
      readonly zsums: Uint8Array;
      readonly hashLengths: HashLengths | null;
    },
    kernel: Kernel,
  ) {
    const { pieceLength, zsyncBlockSize } = recipe;
    const { pieces, zsums, hashLengths } = into;
    this.pieces = new PieceSeries(pieceLength, pieces);
    this.blocks =
      zsyncBlockSize === null || hashLengths === null
        ? null
        : new BlockSeries({ blockSize: zsyncBlockSize, lengths: hashLengths }, zsums, kernel);
  }

  /** The next bytes of the stretch; they are not kept. */
  update(chunk: Uint8Array): void {
    this.pieces.update(chunk);
    this.blocks?.update(chunk, false);
  }

  finish(): void {
    this.pieces.finish();
    this.blocks?.finish();
  }
}
