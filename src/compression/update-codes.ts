import { denseFp32Code } from './dense-fp32.ts';
import { invalidUpdate } from './invalid-update.ts';
import { latticeValuesCode } from './lattice-values.ts';
import { signMagnitudeCode } from './sign-magnitude.ts';
import type { UpdateCode } from './update-code.ts';

/** Every code that a peer reads. A number once given is never given to another code. */
export const updateCodes: readonly UpdateCode[] = [signMagnitudeCode, denseFp32Code, latticeValuesCode];

/** The code of a number on the wire; throws MESSAGE_INVALID where there is none. */
export function updateCode(id: number): UpdateCode {
  const code = updateCodes.find((each) => each.id === id);
  if (code === undefined) throw invalidUpdate('code', 'is not known here');
  return code;
}
