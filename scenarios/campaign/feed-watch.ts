import type { Channel, Network } from '../../protocols/network.ts';
import { MAX_SUBSCRIPTION_BYTES, UPDATES_PROTOCOL } from '../../protocols/updates/constants.ts';
import { decodeReceiverMessage } from '../../protocols/updates/messages.ts';
import type { PeerName } from '../../src/sum/origin.ts';

/**
 * Watches the feeds that one peer opens: of each peer's updates no more than one at a time, the next one after the close of the
 * one before is acknowledged (design, section 3). Tells `found` where it is otherwise.
 */
export function watchFeeds(network: Network, found: (problem: string) => void): void {
  const owned = new Map<PeerName, Channel>();
  const open = network.open.bind(network);
  const subscribed = (channel: Channel, bytes: Uint8Array) => {
    const message = decodeReceiverMessage(bytes, MAX_SUBSCRIPTION_BYTES);
    if (message.kind !== 'subscribe') return;
    for (const owner of message.scope) {
      if (owned.has(owner)) found(`${network.self} has two feeds of ${owner} at a time`);
      owned.set(owner, channel);
    }
  };
  const ended = (channel: Channel) => {
    for (const [owner, holder] of owned) if (holder === channel) owned.delete(owner);
  };
  network.open = async (peer, protocol, options) => {
    const channel = await open(peer, protocol, options);
    if (protocol === UPDATES_PROTOCOL) watchChannel(channel, subscribed, ended);
    return channel;
  };
}

function watchChannel(
  channel: Channel,
  subscribed: (channel: Channel, bytes: Uint8Array) => void,
  ended: (channel: Channel) => void,
): void {
  const { send, messages, abort } = channel;
  channel.send = (...pieces) => {
    subscribed(channel, pieces[0]!);
    // What follows the first message is of another kind.
    channel.send = send;
    return send.call(channel, ...pieces);
  };
  channel.messages = async function* () {
    try {
      yield* messages.call(channel);
    } catch (error) {
      ended(channel);
      throw error;
    }
    // Not where the reader stops before the source has closed.
    ended(channel);
  };
  channel.abort = () => {
    ended(channel);
    abort.call(channel);
  };
}
