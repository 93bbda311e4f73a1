import type { PeerName } from '../src/sum/origin.ts';
import type { Members } from './members.ts';

/**
 * A signal that aborts with `signal`, once `source` is no longer live, and with `end`, which has to be aborted: a frozen
 * peer's connection may stand for minutes, and what is asked of it makes room for asking somebody who answers.
 */
export function whileLive(members: Members, source: PeerName, signal: AbortSignal) {
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  const watch = async () => {
    while (!either.aborted && members.isLive(source)) await members.changes.wait(either);
    over.abort();
  };
  void watch();
  return { signal: either, end: over };
}
