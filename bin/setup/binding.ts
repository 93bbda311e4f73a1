import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { MurmurError } from '../../src/support/errors.ts';
import { runTool, type Tool } from './tool.ts';

/** The version of Node-API whose folder the package looks into; Node has had it since 15.12. */
const NAPI_VERSION = 8;
/** A set that all threads share without a lock: two workers that start together crash in one of four runs. */
const SHARED_SET = 'static std::set<std::string> ATTR_NAME_SET;';
const SET_OF_EACH_THREAD = 'static thread_local std::set<std::string> ATTR_NAME_SET;';

export function compiler(env: NodeJS.ProcessEnv): Tool {
  const mend = 'install a C++ compiler (on Debian and Ubuntu: apt-get install g++), or name yours with CXX';
  return { command: env['CXX'] || 'c++', mend };
}

/**
 * Compiles the package's binding against the library below its `deps/tensorflow`, and returns the path of the result.
 *
 * @param packageFolder of `@tensorflow/tfjs-node` or `-gpu`
 * @param napiHeaders the folder of `node_api.h`: the result serves every version of Node
 */
export async function buildBinding(
  packageFolder: string,
  napiHeaders: string,
  tool: Tool,
  signal: AbortSignal,
): Promise<string> {
  await mendThreads(join(packageFolder, 'binding', 'tfjs_backend.cc'));
  const binding = join('lib', `napi-v${NAPI_VERSION}`, 'tfjs_binding.node');
  await mkdir(join(packageFolder, dirname(binding)), { recursive: true });
  const library = join('deps', 'tensorflow');
  const args = [
    ...['-std=c++17', '-O2', '-fPIC', '-shared', '-w', `-DNAPI_VERSION=${NAPI_VERSION}`],
    ...[`-I${napiHeaders}`, `-I${join(library, 'include')}`],
    ...['tfjs_backend.cc', 'tfjs_binding.cc'].map((source) => join('binding', source)),
    ...[`-L${library}`, '-l:libtensorflow_cc.so.2', '-l:libtensorflow_framework.so.2'],
    // What the library itself is linked to need not be here: a login node has no driver.
    ...['-Wl,--allow-shlib-undefined', `-Wl,-rpath,$ORIGIN/../../${library}`, '-o', binding],
  ];
  await runTool(tool, args, packageFolder, signal);
  return binding;
}

async function mendThreads(source: string): Promise<void> {
  const text = await readFile(source, 'utf8');
  if (!text.includes(SHARED_SET)) {
    const problem = `${source} is not the code that is known to need mending`;
    throw new MurmurError({ code: 'BACKEND_UNAVAILABLE', backend: 'tensorflow', problem, mend: 'update murmuration' });
  }
  await writeFile(source, text.replace(SHARED_SET, SET_OF_EACH_THREAD));
}
