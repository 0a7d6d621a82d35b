/**
 * What Prometheus is told: our tally in its words, and what it expects of every program (memory, processor, event loop).
 *
 * Numbers are taken over when somebody asks; until then a request pays for an addition and no more.
 */
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { Tally } from './tally.js';

export interface MetricsSources {
  readonly tally: Tally;
  /** how many files have a record; null: the database cannot be read */
  readonly records: () => Promise<number | null>;
  /** when the last run ended, milliseconds since 1970; null: there was none, or nobody knows */
  readonly lastRun: () => number | null;
  /** how many requests the access log does not tell */
  readonly droppedAccesses: () => number;
}

export class Metrics {
  private readonly registry = new Registry();

  constructor(sources: MetricsSources) {
    collectDefaultMetrics({ register: this.registry });
    this.count(sources.tally);
    this.describe(sources);
  }

  get mediaType(): string {
    return this.registry.contentType;
  }

  text(): Promise<string> {
    return this.registry.metrics();
  }

  private count(tally: Tally): void {
    const registers = [this.registry];
    new Counter({
      name: 'mirrorhash_requests_total',
      help: 'Requests that were answered, by what was asked for and by status.',
      labelNames: ['kind', 'status'],
      registers,
      collect() {
        this.reset();
        for (const { kind, status, count } of tally.requests()) this.inc({ kind, status }, count);
      },
    });
    new Counter({
      name: 'mirrorhash_redirects_total',
      help: 'Clients that were sent to a mirror.',
      labelNames: ['mirror'],
      registers,
      collect() {
        this.reset();
        for (const [mirror, count] of tally.redirects()) this.inc({ mirror }, count);
      },
    });
    new Counter({
      name: 'mirrorhash_sent_bytes_total',
      help: 'Bytes of bodies that were sent.',
      registers,
      collect() {
        this.reset();
        this.inc(tally.bytes);
      },
    });
    new Gauge({
      name: 'mirrorhash_requests_in_flight',
      help: 'Requests that are being answered.',
      registers,
      collect() {
        this.set(tally.inFlight);
      },
    });
  }

  private describe({ records, lastRun, droppedAccesses }: MetricsSources): void {
    const registers = [this.registry];
    new Gauge({
      name: 'mirrorhash_records',
      help: 'Files that have a record in the redirector database, as of a minute ago at most; NaN: it cannot be read.',
      registers,
      async collect() {
        this.set((await records()) ?? Number.NaN);
      },
    });
    new Counter({
      name: 'mirrorhash_access_log_dropped_total',
      help: 'Lines of the access log that its reader did not take.',
      registers,
      collect() {
        this.reset();
        this.inc(droppedAccesses());
      },
    });
    new Gauge({
      name: 'mirrorhash_last_run_age_seconds',
      help: 'Seconds since the last run of mirrorhash hash ended; NaN: there was none.',
      registers,
      collect() {
        const at = lastRun();
        this.set(at === null ? Number.NaN : Math.max(0, (Date.now() - at) / 1000));
      },
    });
  }
}
