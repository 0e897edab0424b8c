/** What missing functions are created with: the marker's own words, with the names of this deploy in them. */

import { LambdaPythonError } from '../../errors';
import type { CreateSettings } from '../../service/marker-create';
import type { FunctionCreation } from '../calls/function-service';
import type { DesiredFunction, NamingOptions } from './functions';

export interface CreationInput {
  /** For all, and by handler name for one. */
  all: CreateSettings;
  own: ReadonlyMap<string, CreateSettings>;
  project: string;
  naming: Pick<NamingOptions, 'stage'>;
  /** Of the marker, for messages. */
  path: string;
}

/**
 * By function name.
 * @throws FUNCTION_NOT_CREATABLE for functions of which no role is known
 */
export function planCreations(
  missing: readonly DesiredFunction[],
  input: CreationInput,
): Map<string, FunctionCreation> {
  const creations = new Map<string, FunctionCreation>();
  const without: string[] = [];
  for (const one of missing) {
    const { role, environment, ...rest } = { ...input.all, ...input.own.get(one.handlerName) };
    const filled = role && fill(role, one, input);
    if (!filled) {
      without.push(one.name);
      continue;
    }
    const variables = environment && {
      environment: Object.fromEntries(
        Object.entries(environment).map(([name, value]) => [name, fill(value, one, input)]),
      ),
    };
    creations.set(one.name, { role: filled, ...rest, ...variables });
  }
  if (without.length > 0) throw notCreatable(without, input);
  return creations;
}

/** The roles that whoever creates these functions passes to Lambda; sorted, without those that no table names. */
export function creationRoles(
  functions: readonly DesiredFunction[],
  input: CreationInput,
): string[] {
  const roles = functions.flatMap((one) => {
    const { role } = { ...input.all, ...input.own.get(one.handlerName) };
    return role ? fill(role, one, input) : [];
  });
  return [...new Set(roles)].sort();
}

function fill(
  template: string,
  { handlerName }: DesiredFunction,
  { project, naming, path }: CreationInput,
): string {
  const values: Record<string, string | undefined> = {
    project,
    handler: handlerName,
    stage: naming.stage,
  };
  return template.replaceAll(/\{(project|handler|stage)\}/g, (_, name: string) => {
    const value = values[name];
    if (value !== undefined) return value;
    throw new LambdaPythonError('OPTION_INVALID', {
      message: `a \`create\` table of \`${path}\` has \`{${name}}\`, and this deploy has no ${name}`,
      hint: `set \`${name}\` on the deploy target: --${name}=<name>`,
    });
  });
}

function notCreatable(names: readonly string[], { path }: CreationInput): LambdaPythonError {
  const shown = names.slice(0, 20).join(', ');
  const more = names.length > 20 ? ` and ${names.length - 20} more` : '';
  return new LambdaPythonError('FUNCTION_NOT_CREATABLE', {
    message: `no role is known for ${names.length} functions that do not exist: ${shown}${more}; nothing was changed`,
    hint: `write it into \`${path}\`: \`role = "arn:aws:iam::<account>:role/<name>"\` under [tool.nx-lambda-python.create], or create the functions where the others are defined`,
  });
}
