/** One for all: Node makes a new one, with its stack, for every abort that names none, and here nobody looks at it. */
const ENDED = new DOMException('it is over', 'AbortError');

class LinkedAbort extends AbortController {
  override abort(): void {
    super.abort(ENDED);
  }
}

/**
 * A controller that aborts with `signal`, and must be aborted when it is not needed any more: it then leaves nothing
 * behind at `signal`. For what begins and ends over and over: Node's `AbortSignal.any` leaves a weak reference at a
 * long-lived signal every time.
 */
export function linkedAbort(signal: AbortSignal): AbortController {
  const linked = new LinkedAbort();
  const abort = () => linked.abort();
  if (signal.aborted) abort();
  else {
    signal.addEventListener('abort', abort, { once: true });
    linked.signal.addEventListener('abort', () => signal.removeEventListener('abort', abort), { once: true });
  }
  return linked;
}
