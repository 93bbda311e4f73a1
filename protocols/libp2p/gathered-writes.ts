import type { Socket } from 'node:net';

/** What a TCP connection of libp2p hands its bytes to. */
export interface ByteSink {
  sendData(data: Iterable<Uint8Array>): { sentBytes: number; canSendMore: boolean };
}

/**
 * Makes a connection write what it is handed at once with one system call. libp2p's own makes one for every piece, and
 * an encrypted message comes in four or more: length, header, body, tag.
 */
export function gatherWrites(connection: ByteSink, socket: Socket): void {
  connection.sendData = (data) => {
    let sentBytes = 0;
    socket.cork();
    for (const piece of data) {
      sentBytes += piece.byteLength;
      socket.write(piece);
    }
    socket.uncork();
    // Not what `write` answers, which counts what is corked. A drain follows where this is false, or the socket's close.
    const canSendMore = !socket.destroyed && socket.writableLength < socket.writableHighWaterMark;
    return { sentBytes, canSendMore };
  };
}
