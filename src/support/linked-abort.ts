/**
 * A controller that aborts with `signal`, and must be aborted when it is not needed any more: it then leaves nothing
 * behind at `signal`. For what begins and ends over and over: Node's `AbortSignal.any` leaves a weak reference at a
 * long-lived signal every time.
 */
export function linkedAbort(signal: AbortSignal): AbortController {
  const linked = new AbortController();
  const abort = () => linked.abort();
  if (signal.aborted) abort();
  else {
    signal.addEventListener('abort', abort, { once: true });
    linked.signal.addEventListener('abort', () => signal.removeEventListener('abort', abort), { once: true });
  }
  return linked;
}
