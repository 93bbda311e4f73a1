import type { Channel, Network } from '../../protocols/network.ts';
import { MAX_SUBSCRIPTION_BYTES, UPDATES_PROTOCOL } from '../../protocols/updates/constants.ts';
import { decodeReceiverMessage } from '../../protocols/updates/messages.ts';
import { overlap, type Scope } from '../../protocols/updates/scope.ts';

/**
 * Watches the feeds that one peer opens: no two at a time may bring updates of the same peer, the next one opens after the
 * close of the one before is acknowledged (design, section 3). Tells `found` where it is otherwise.
 */
export function watchFeeds(network: Network, found: (problem: string) => void): void {
  const owned = new Map<Channel, Scope>();
  const open = network.open.bind(network);
  const subscribed = (channel: Channel, bytes: Uint8Array) => {
    const message = decodeReceiverMessage(bytes, MAX_SUBSCRIPTION_BYTES);
    if (message.kind !== 'subscribe') return;
    for (const [{ remote }, scope] of owned) {
      if (overlap(scope, message.scope, network.self)) {
        found(`${network.self} has feeds from ${remote} and ${channel.remote} of the same peer at a time`);
      }
    }
    owned.set(channel, message.scope);
  };
  const ended = (channel: Channel) => {
    owned.delete(channel);
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
