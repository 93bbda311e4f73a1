/**
 * What the bytes that a peer sends are for:
 * - `updates`: frames and what stands around them, on the source's end of a subscription
 * - `credit`: subscriptions, and words of what was taken, on the receiver's end
 * - `replica`, `hello`: the protocols of these names
 * - `status`: the gossip mesh, signatures and the forwarding of others' statuses included
 * - `upkeep`: libp2p's own protocols (identify, ping)
 * - `transport`: all else that passed the sockets: Noise, yamux, and the agreeing on protocols
 */
export const trafficKinds = ['updates', 'credit', 'replica', 'status', 'hello', 'upkeep', 'transport'] as const;
export type TrafficKind = (typeof trafficKinds)[number];
export type BytesByKind = Readonly<Record<TrafficKind, number>>;

/** Counts what one peer hands to its channels, message by message, with the lengths that frame them. */
export class TrafficMeter {
  readonly #sent = new Map<TrafficKind, number>();

  /** @param asking whether this peer opened the channel; false where it answers on a channel that a remote one opened */
  sent(protocol: string, asking: boolean, bytes: number): void {
    const kind = kindOf(protocol, asking);
    this.#sent.set(kind, (this.#sent.get(kind) ?? 0) + bytes);
  }

  /** What was sent until now; of `bytesSent` through the transport, what no channel was handed is the transport's own. */
  sentByKind(bytesSent: number): BytesByKind {
    const told = [...this.#sent.values()].reduce((sum, bytes) => sum + bytes, 0);
    // What waits in a stream's buffer was handed over, and has not passed a socket yet.
    const own = Math.max(0, bytesSent - told);
    const entries = trafficKinds.map((kind) => [kind, kind === 'transport' ? own : (this.#sent.get(kind) ?? 0)]);
    return Object.fromEntries(entries) as BytesByKind;
  }
}

/** The name that a protocol of ours carries in its id, `/murmuration/<name>/<version>`, tells what it is for. */
function kindOf(protocol: string, asking: boolean): TrafficKind {
  const [, owner, name] = protocol.split('/');
  // Statuses are all that is gossiped.
  if (owner === 'meshsub') return 'status';
  if (owner !== 'murmuration') return 'upkeep';
  if (name === 'updates') return asking ? 'credit' : 'updates';
  return name === 'hello' || name === 'replica' ? name : 'upkeep';
}
