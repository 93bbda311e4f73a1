import type { PeerName } from '../../src/sum/origin.ts';
import { linkedAbort } from '../../src/support/linked-abort.ts';
import type { Members } from './members.ts';

/**
 * A controller that aborts with `signal` and once `source` is no longer live, and has to be aborted at the end: a frozen
 * peer's connection may stand for minutes, and what is asked of it makes room for asking somebody who answers.
 */
export function whileLive(members: Members, source: PeerName, signal: AbortSignal): AbortController {
  const end = linkedAbort(signal);
  const watch = async () => {
    while (!end.signal.aborted && members.isLive(source)) await members.changes.wait(end.signal);
    end.abort();
  };
  void watch();
  return end;
}
