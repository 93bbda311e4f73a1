import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys';
import type { PrivateKey } from '@libp2p/interface';

/** The private key that gives a peer its name, in libp2p's own form, as its other tools read it. */
export const identityKey = {
  /** A new Ed25519 key. */
  draw: async (): Promise<Uint8Array> => privateKeyToProtobuf(await generateKeyPair('Ed25519')),
  /** Throws where it is none. */
  read: (bytes: Uint8Array): PrivateKey => privateKeyFromProtobuf(bytes),
};
