/**
 * What model tests have in common: deeds in a random order, done to a database and to a plain model of it, with every
 * answer compared after each of them.
 *
 * MIRRORHASH_FAULTS_CASES sets how many orders are tried, MIRRORHASH_FAULTS_MINUTES for how long instead.
 */
import fc from 'fast-check';
import { announce, numberFrom, seed, tell } from '../../faults/plan.js';

/** One thing that is done to both. */
export class Deed<Model extends object, Real> implements fc.AsyncCommand<Model, Real> {
  constructor(
    readonly name: string,
    private readonly parts: unknown,
    private readonly work: (model: Model, real: Real) => void | Promise<void>,
  ) {}

  check(): boolean {
    return true;
  }

  async run(model: Model, real: Real): Promise<void> {
    await this.work(model, real);
  }

  toString(): string {
    return `${this.name} ${fc.stringify(this.parts)}`;
  }
}

/** A deed for each value of an arbitrary. */
export function deeds<Model extends object, Real, T>(
  name: string,
  parts: fc.Arbitrary<T>,
  work: (parts: T, model: Model, real: Real) => void | Promise<void>,
): fc.Arbitrary<Deed<Model, Real>> {
  return parts.map((value) => new Deed(name, value, (model: Model, real: Real) => work(value, model, real)));
}

interface Site<Model> {
  readonly model: Model;
  /** the model's side of what is asked, and the database's: no difference, or an error that shows it */
  check(model: Model): void | Promise<void>;
  /** after the last deed, also where one failed */
  end(): void | Promise<void>;
}

/** Tries as many orders as are wanted. */
export async function follows<Model extends object, Real extends Site<Model>>(
  name: string,
  usual: number,
  kinds: fc.Arbitrary<Deed<Model, Real>>[],
  make: () => Real,
): Promise<void> {
  const done: Record<string, number> = { orders: 0 };
  const count = (what: string): void => {
    done[what] = (done[what] ?? 0) + 1;
  };
  const checked = kinds.map((kind) => kind.map((deed) => new Checked(deed, count)));
  const orders = fc.commands(checked, { maxCommands: 60, size: 'max' });
  const property = fc.asyncProperty(orders, async (commands) => {
    const real = make();
    count('orders');
    try {
      await fc.asyncModelRun(() => ({ model: real.model, real }), commands);
    } finally {
      await real.end();
    }
  });
  await fc.assert(property, { seed, ...lengthOf(name, usual) });
  tell(name, done);
}

function lengthOf(name: string, usual: number): fc.Parameters<unknown> {
  if (numberFrom('MIRRORHASH_FAULTS_MINUTES') === null)
    return { numRuns: numberFrom('MIRRORHASH_FAULTS_CASES') ?? usual };
  const milliseconds = 1_000 * announce(name, length);
  return { numRuns: 1_000_000_000, interruptAfterTimeLimit: milliseconds, markInterruptAsFailure: false };
}

export const length = { share: 0.03, short: 15 };

class Checked<Model extends object, Real extends Site<Model>> implements fc.AsyncCommand<Model, Real> {
  constructor(
    private readonly deed: Deed<Model, Real>,
    private readonly count: (what: string) => void,
  ) {}

  check(): boolean {
    return this.deed.check();
  }

  async run(model: Model, real: Real): Promise<void> {
    await this.deed.run(model, real);
    this.count(this.deed.name);
    await real.check(model);
  }

  toString(): string {
    return this.deed.toString();
  }
}
