/**
 * An attack with kill -9 on one state: rounds of a change, kills, and a run that must put all right. What is changed,
 * which command is killed, and what must hold in the end, each kind of campaign says.
 */
import { expect, test } from 'vitest';
import { type Ended, type Site, site } from '../support/e2e.js';
import { damage, leftovers } from './aftermath.js';
import { Dice } from './dice.js';
import { type CallWeights, Killer } from './killing.js';
import { announce, type Length, seed, tell, timeoutFor } from './plan.js';

/** Seconds that a run takes at most that waits for no lock; an abandoned one is waited for 30. */
const atOnce = 20;

export interface Target {
  /** runs of one kind take about the same time */
  readonly kind: string;
  readonly args: readonly string[];
  /** what shows that it does something */
  readonly seen: Readonly<Record<string, () => boolean>>;
  readonly weights: CallWeights;
}

export abstract class Campaign {
  readonly counts: Record<string, number> = { kills: 0, 'ended before': 0, recoveries: 0 };
  /** what was done in this round: told with a failure */
  protected step = '';
  protected readonly place: Site = site();
  private readonly killer: Killer;

  constructor(protected readonly dice: Dice) {
    this.killer = new Killer(dice);
  }

  abstract round(number: number): Promise<void>;

  async begin(): Promise<void> {}

  protected startRound(number: number, kind: string): void {
    this.step = `seed ${seed}, round ${number}: ${kind}`;
  }

  /** How many kills come before a run is let to its end. */
  protected someKills(): number {
    return this.dice.pick([1, 1, 1, 2, 3]);
  }

  /** Kills it once. The databases are whole then, for everybody. */
  protected async kill({ kind, args, ...how }: Target): Promise<Ended> {
    const { moment, landed, ended } = await this.killer.strike(this.place, args, kind, how);
    this.step += `, ${moment}`;
    this.count(landed ? 'kills' : 'ended before');
    if (!landed) this.expectWell(ended);
    this.expectNone(await damage(this.place.state));
    return ended;
  }

  /** The run after the kills: it waits for nobody, and leaves nothing behind. */
  protected async recover(kind: string, args: readonly string[]): Promise<Ended> {
    const ended = await this.runWell(args);
    expect(ended.seconds, `${this.step}: waited`).toBeLessThan(atOnce);
    this.expectNone(leftovers(this.place.state));
    this.expectNone(await damage(this.place.state));
    this.killer.learn(kind, ended.seconds * 1_000);
    this.count('recoveries');
    return ended;
  }

  protected async runWell(args: readonly string[]): Promise<Ended> {
    const ended = await this.place.run(args);
    this.expectWell(ended);
    return ended;
  }

  protected expectNone(wrong: readonly unknown[]): void {
    expect(wrong, this.step).toEqual([]);
  }

  protected count(what: string, by = 1): void {
    this.counts[what] = (this.counts[what] ?? 0) + by;
  }

  private expectWell(ended: Ended): void {
    expect([ended.status, ended.stderr], this.step).toEqual([0, '']);
  }
}

/** A test that goes from round to round until its time is over. */
export function wage(name: string, length: Length, make: (dice: Dice) => Campaign): void {
  const wageOn = async (): Promise<void> => {
    const end = performance.now() + 1_000 * announce(name, length);
    const campaign = make(new Dice(seed));
    await campaign.begin();
    for (let number = 0; performance.now() < end; number++) await campaign.round(number);
    tell(name, campaign.counts);
    expect(campaign.counts.recoveries).toBeGreaterThan(0);
  };
  test(name, wageOn, timeoutFor(length));
}
