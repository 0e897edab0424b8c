/** The option `pipArgs`: what pip may be told besides, without reading or writing what no key and no build knows of. */

import { LambdaPythonError } from '../../errors';
import { pipSetting } from './pip-settings';

/** Long names and short ones of what is refused, and what to do instead. */
const REFUSED: readonly { names: readonly string[]; short?: string; instead: string }[] = [
  {
    names: ['requirement', 'requirements-from-script', 'group'],
    short: 'r',
    instead: 'list the file in "requirements" of the build target',
  },
  {
    names: ['constraint'],
    short: 'c',
    instead: 'list the file in "constraints" of the build target',
  },
  {
    names: ['build-constraint'],
    instead: 'set PIP_BUILD_CONSTRAINT to the file, which the requirements key then has',
  },
  {
    names: ['editable'],
    short: 'e',
    instead: 'write it as a line of a requirements file: `-e ../../libs/common`',
  },
  ...[
    { names: ['dest', 'destination-dir', 'destination-directory'], short: 'd' },
    { names: ['wheel-dir'], short: 'w' },
    { names: ['target'], short: 't' },
    { names: ['prefix', 'root', 'report', 'python'] },
  ].map((one) => ({
    ...one,
    instead: 'take it out: the build itself says where pip writes, and reads it there',
  })),
];

/** @throws OPTION_INVALID */
export function checkPipArguments(pipArguments: readonly string[]): void {
  for (const argument of pipArguments) {
    const refused = REFUSED.find(({ names, short }) => isOneOf(argument, names, short));
    if (!refused) continue;
    throw new LambdaPythonError('OPTION_INVALID', {
      message: `\`pipArgs\` has \`${argument}\`, which would read or write files that the build does not know of`,
      hint: refused.instead,
    });
  }
}

/** pip takes `-rFILE` and, of long options, any beginning that fits one alone. */
function isOneOf(argument: string, names: readonly string[], short: string | undefined): boolean {
  if (short !== undefined && argument.startsWith(`-${short}`)) return true;
  const given = /^--([a-z][a-z-]*)(=|$)/.exec(argument)?.[1];
  if (given === undefined) return false;
  return pipSetting(given) ? names.includes(given) : names.some((name) => name.startsWith(given));
}
