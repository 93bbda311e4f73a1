import { type Multiaddr, multiaddr } from '@multiformats/multiaddr';
import { MurmurError } from '../../src/support/errors.ts';

const HOSTS = ['ip4', 'ip6', 'dns', 'dns4', 'dns6'];

/** Reads `/ip4/1.2.3.4/tcp/5000`, optionally with `/p2p/<peer>`. Throws CONFIG_INVALID naming `field`. */
export function parseAddress(address: string, field: string): Multiaddr {
  let problem = 'only TCP addresses are supported';
  try {
    const parsed = multiaddr(address);
    const [host, transport, peer, ...rest] = parsed.getComponents().map(({ name }) => name);
    const tcp = HOSTS.includes(host ?? '') && transport === 'tcp';
    if (tcp && (peer ?? 'p2p') === 'p2p' && rest.length === 0) return parsed;
  } catch (error) {
    problem = (error as Error).message;
  }
  const mend = 'use /ip4/<address>/tcp/<port>';
  throw new MurmurError({ code: 'CONFIG_INVALID', field, problem: `${address}: ${problem}`, mend });
}
