/** Functions of a CloudFormation or SAM template. */

import { posix } from 'node:path';
import type { TomlTable } from '../../service/pyproject';
import { placeOf, tableOf, textOf, type DeclaredFunction } from './declared';
import { parseYaml } from './yaml';

const TYPES: readonly unknown[] = ['AWS::Serverless::Function', 'AWS::Lambda::Function'];

export function readCloudFormation(text: string, path: string): DeclaredFunction[] {
  const template = tableOf(parseYaml(text));
  const globals = tableOf(tableOf(template['Globals'])['Function']);
  const parameters = tableOf(template['Parameters']);
  return Object.entries(tableOf(template['Resources'])).flatMap(([key, value]) => {
    const { Type: type, Properties: own } = tableOf(value);
    if (!TYPES.includes(type)) return [];
    const isServerless = type === TYPES[0];
    const properties = { ...(isServerless ? globals : {}), ...tableOf(own) };
    const { CodeUri: uri = isServerless ? '.' : undefined, Code: code = uri } = properties;
    if (properties['PackageType'] === 'Image' || isInline(properties)) return [];
    const read = (property: unknown) => valueOf(property, parameters);
    const [architecture] = [properties['Architectures']].flat();
    const directory = read(code);
    return {
      key,
      handler: read(properties['Handler']),
      code: directory === undefined ? undefined : placeOf(posix.dirname(path), directory),
      runtime: read(properties['Runtime']),
      architecture: read(architecture) ?? 'x86_64',
      name: read(properties['FunctionName']),
      source: path,
    };
  });
}

/** Code that stands in the template itself. */
function isInline({ InlineCode: inline, Code: code }: TomlTable): boolean {
  return inline !== undefined || tableOf(code)['ZipFile'] !== undefined;
}

/** A text, with the defaults of the parameters that it refers to; undefined if it refers to anything else. */
function valueOf(value: unknown, parameters: TomlTable): string | undefined {
  const { Ref: name, 'Fn::Sub': pattern } = tableOf(value);
  const defaultOf = (parameter: string) => textOf(tableOf(parameters[parameter])['Default']);
  if (typeof name === 'string') return defaultOf(name);
  if (typeof pattern !== 'string') return textOf(value);
  const filled = pattern.replace(/\$\{([\w:.]+)\}/g, (all, one: string) => defaultOf(one) ?? all);
  return filled.includes('${') ? undefined : textOf(filled);
}
