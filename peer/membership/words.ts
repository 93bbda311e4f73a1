import { type PeerState, peerStates, type Status } from '../../protocols/status/messages.ts';

/**
 * States in which a peer's steps are in the sum or on their way. Whoever is finishing is among them: the last to stop
 * would otherwise weigh their own steps as if they were alone.
 */
const CONTRIBUTING: readonly PeerState[] = ['ready', 'training', 'finishing'];

/** States in which a peer's next word may be what a round of the others waits for. */
const AWAITED: readonly PeerState[] = ['training', 'finishing'];

/** Whether a live peer of this latest status has steps in the sum or on their way. */
export function contributes(status: Status | null): boolean {
  return status !== null && CONTRIBUTING.includes(status.state);
}

/** Whether others' rounds may wait for it. */
export function isAwaited(status: Status | null): boolean {
  return status !== null && AWAITED.includes(status.state);
}

/** Gossip may bring an older word after a newer one: a peer goes through its states in order, and forgets nothing. */
export function isOlder(status: Status, known: Status): boolean {
  if (status.origin !== known.origin) return false;
  if (known.state === 'left') return true;
  const order = (state: Status['state']) => peerStates.indexOf(state);
  if (order(status.state) !== order(known.state)) return order(status.state) < order(known.state);
  if (status.samples < known.samples) return true;
  return known.applied !== null && (status.applied?.updates ?? 0) < known.applied.updates;
}
