import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { linkedAbort } from '../../../src/support/linked-abort.ts';

test('aborts with its signal, be it before or after', () => {
  const source = new AbortController();
  const linked = linkedAbort(source.signal);
  expect(linked.signal.aborted).toBe(false);
  source.abort();
  expect(linked.signal.aborted).toBe(true);
  expect(linkedAbort(source.signal).signal.aborted).toBe(true);
});

test('an abort of its own leaves nothing at its signal, which goes on', () => {
  const { signal } = new AbortController();
  for (let time = 0; time < 100; time++) linkedAbort(signal).abort();
  expect(signal.aborted).toBe(false);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
  // Where `AbortSignal.any` keeps its weak references.
  const kept = Object.getOwnPropertySymbols(signal).map((key) => Reflect.get(signal, key));
  expect(kept.filter((value) => value instanceof Set && value.size > 0)).toEqual([]);
});
