import type { PeerName } from '../src/sum/origin.ts';
import { MurmurError } from '../src/support/errors.ts';

/** A channel, or the connection under it, is gone. */
export function streamClosed(peer: PeerName, problem: string): MurmurError {
  return new MurmurError({ code: 'STREAM_CLOSED', peer, problem });
}

/** A message is above its handler's bound; `bytes` is as much of its length as was read. */
export function messageTooLong(bytes: number, maxMessageBytes: number): MurmurError {
  const problem = `${bytes} bytes or more, at most ${maxMessageBytes} are taken`;
  return new MurmurError({ code: 'MESSAGE_INVALID', message: 'channel message', field: 'length', problem });
}
