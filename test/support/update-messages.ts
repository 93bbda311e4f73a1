import { encodeSourceMessage, type SourceMessage } from '../../protocols/updates/messages.ts';

/** A source's message as its receivers get it, in one piece. */
export const sourceMessageBytes = (message: SourceMessage): Uint8Array =>
  new Uint8Array(Buffer.concat(encodeSourceMessage(message)));
