import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { onTestFinished } from 'vitest';

/** A thread that runs one of the programs of this directory, from its source. */
export function startThread(program: string, workerData: unknown): Worker {
  const file = JSON.stringify(new URL(program, import.meta.url).href);
  const start = `import('tsx/esm/api').then(({ register }) => (register(), import(${file})))`;
  return new Worker(start, { eval: true, workerData });
}

/** Threads that run the same program until the test has ended; they have said that they are ready. */
export async function startThreads(
  count: number,
  program: string,
  workerData: unknown,
): Promise<readonly Worker[]> {
  const threads = Array.from({ length: count }, () => startThread(program, workerData));
  onTestFinished(async () => void (await Promise.all(threads.map((thread) => thread.terminate()))));
  await Promise.all(threads.map((thread) => once(thread, 'message')));
  return threads;
}

/** Asks a thread; the answer is what it says next. */
export async function ask<Answer>(thread: Worker, request: unknown): Promise<Answer> {
  const answered = once(thread, 'message');
  thread.postMessage(request);
  const [answer] = await answered;
  return answer as Answer;
}
