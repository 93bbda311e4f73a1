import type { Socket } from 'node:net';
import type { MultiaddrConnection, Transport, Upgrader } from '@libp2p/interface';
import { tcp } from '@libp2p/tcp';
import type { Traffic } from '../network.ts';
import { type ByteSink, gatherWrites } from './gathered-writes.ts';

/** Counts what passes the TCP sockets of one node: handshakes, encryption, multiplexing and chatter included. */
export class SocketCounter {
  readonly #sockets = new Set<Socket>();
  #closedSent = 0;
  #closedReceived = 0;

  watch(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => {
      this.#sockets.delete(socket);
      this.#closedSent += socket.bytesWritten;
      this.#closedReceived += socket.bytesRead;
    });
  }

  traffic(): Omit<Traffic, 'sentByKind'> {
    let bytesSent = this.#closedSent;
    let bytesReceived = this.#closedReceived;
    for (const socket of this.#sockets) {
      bytesSent += socket.bytesWritten;
      bytesReceived += socket.bytesRead;
    }
    return { bytesSent, bytesReceived };
  }
}

/**
 * The TCP transport, its connections counted before their first byte. The upgrader is what every connection passes,
 * in both directions; a node's own counts cannot come from anything global, for several nodes may share a process.
 */
export function countedTcp(counter: SocketCounter): (components: Parameters<ReturnType<typeof tcp>>[0]) => Transport {
  return (components) => {
    const transport: Transport = tcp()(components);
    const dial = transport.dial.bind(transport);
    const createListener = transport.createListener.bind(transport);
    transport.dial = (address, options) => dial(address, { ...options, upgrader: counted(options.upgrader, counter) });
    transport.createListener = (options) =>
      createListener({ ...options, upgrader: counted(options.upgrader, counter) });
    return transport;
  };
}

function counted(upgrader: Upgrader, counter: SocketCounter): Upgrader {
  return Object.assign(Object.create(upgrader) as Upgrader, {
    upgradeInbound(...[connection, options]: Parameters<Upgrader['upgradeInbound']>) {
      prepare(connection, counter);
      return upgrader.upgradeInbound(connection, options);
    },
    upgradeOutbound(...[connection, options]: Parameters<Upgrader['upgradeOutbound']>) {
      prepare(connection, counter);
      return upgrader.upgradeOutbound(connection, options);
    },
  });
}

function prepare(connection: MultiaddrConnection, counter: SocketCounter): void {
  const socket = socketOf(connection);
  counter.watch(socket);
  gatherWrites(connection as unknown as ByteSink, socket);
}

/** The transport keeps its socket to itself, and nothing else knows the bytes exactly; a test holds this to account. */
function socketOf(connection: MultiaddrConnection): Socket {
  return (connection as unknown as { socket: Socket }).socket;
}
