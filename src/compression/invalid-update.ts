import { MurmurError } from '../support/errors.ts';

/** What decoding throws on coded updates that no encoder writes. */
export function invalidUpdate(field: 'code' | 'magnitudes' | 'payload', problem: string): MurmurError {
  return new MurmurError({ code: 'MESSAGE_INVALID', message: 'update', field, problem });
}
