import { homedir } from 'node:os';
import { join } from 'node:path';
import { nativeEnvironment } from '../../src/compute/native-builds.ts';

/** Where `murmur setup tensorflow` keeps the native backends, after the XDG base directory specification. */
export function tensorflowFolder(): string {
  const { MURMUR_TENSORFLOW: own, XDG_DATA_HOME: data } = process.env;
  return own || join(data || join(homedir(), '.local', 'share'), 'murmuration', 'tensorflow');
}

/** Readies the process for the library, before the thread that loads it starts; what the user has set stands. */
export function setTensorFlowEnvironment(): void {
  for (const [name, value] of Object.entries(nativeEnvironment)) process.env[name] ??= value;
}
