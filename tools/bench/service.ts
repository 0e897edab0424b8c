/** The service that the benchmarks build: 30 handlers and a pinned set with large native parts. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

export const HANDLERS = 30;

/** Without boto3, which the runtime has. */
export const REQUIREMENTS = [
  'annotated-types==0.8.0',
  'attrs==26.1.0',
  'aws-lambda-powertools==3.37.0',
  'certifi==2026.10.18',
  'cffi==2.1.1',
  'charset-normalizer==3.5.2',
  'cryptography==50.0.2',
  'idna==3.20',
  'Jinja2==3.1.6',
  'jmespath==1.1.0',
  'jsonschema==4.26.0',
  'jsonschema-specifications==2025.9.1',
  'MarkupSafe==3.0.4',
  'numpy==2.2.6',
  'orjson==3.13.0',
  'pandas==2.2.3',
  'pillow==11.3.0',
  'psycopg2-binary==2.9.13',
  'pycparser==3.12',
  'pydantic==2.14.3',
  'pydantic_core==2.50.4',
  'python-dateutil==2.9.0.post0',
  'pytz==2026.6',
  'PyYAML==6.0.4',
  'referencing==0.37.0',
  'requests==2.34.2',
  'rpds-py==2026.9.1',
  'six==1.17.0',
  'SQLAlchemy==2.1.9',
  'tenacity==9.2.1',
  'typing-inspection==0.4.5',
  'typing_extensions==4.16.0',
  'tzdata==2026.6',
  'urllib3==2.8.0',
];

/** From a few megabytes unpacked to almost Lambda's limit. */
export const SIZES: readonly (readonly string[])[] = [
  ['requests==2.34.2', 'orjson==3.13.0'],
  ['boto3==1.44.5'],
  ['boto3==1.44.5', 'numpy==2.2.6', 'pydantic==2.14.3'],
  REQUIREMENTS,
  [...REQUIREMENTS, 'boto3==1.44.5', 'lxml==6.1.3'],
];

/**
 * As long as real code: a handler of 60 lines that imports a shared module.
 * @param some the first so many handlers import another module, too
 */
export function writeService(
  root: string,
  importPackage: string,
  handlers: number,
  requirements: readonly string[],
  some = 0,
): void {
  const files: Record<string, string> = {
    'pyproject.toml': `[tool.nx-lambda-python]\npackage = "${importPackage}"\nruntime = "python3.11"\n`,
    'project.json': JSON.stringify({ name: basename(root) }),
    'requirements.txt': `${requirements.join('\n')}\n`,
    [`${importPackage}/__init__.py`]: '',
    [`${importPackage}/shared.py`]: 'VERSION = 0\n',
    [`${importPackage}/some.py`]: 'SOME = 0\n',
    [`${importPackage}/handlers/__init__.py`]: '',
  };
  for (let number = 0; number < handlers; number += 1) {
    const more = number < some ? `import ${importPackage}.some\n` : '';
    files[`${importPackage}/handlers/handler_${number}.py`] = more + handler(importPackage, number);
  }
  writeFiles(root, files);
}

/** A library that hatchling builds. */
export function writeLibrary(root: string, name: string, modules: number): void {
  const files: Record<string, string> = {
    'pyproject.toml': `[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n[project]\nname = "${name}"\nversion = "1.0"\n`,
    [`src/${name}/__init__.py`]: '',
  };
  for (let number = 0; number < modules; number += 1) {
    files[`src/${name}/module_${number}.py`] = `VALUE = ${number}\n`.repeat(100);
  }
  writeFiles(root, files);
}

function writeFiles(root: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

function handler(importPackage: string, number: number): string {
  const steps = Array.from(
    { length: 25 },
    (_, step) =>
      `    if event.get("step") == ${step}:\n        result["${step}"] = ${number * 100 + step}`,
  );
  return [
    'import json',
    '',
    `from ${importPackage}.shared import VERSION`,
    '',
    '',
    'def handler(event, context):',
    '    result = {"version": VERSION}',
    ...steps,
    '    return {"statusCode": 200, "body": json.dumps(result)}',
    '',
  ].join('\n');
}
