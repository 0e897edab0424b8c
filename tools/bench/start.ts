/**
 * Cold starts without bytecode, with all of it, and with that of imported modules: what it costs and what it saves.
 *
 * Not the same as Lambda: a function has its memory's share of a CPU, so that compiling takes longer there; its package
 * is fetched over a network as it is read; the runtime's own start, its Python and its processor are others.
 */

import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { markdownTable, timesOf } from './measure';
import { BenchWorkspace, IMAGE } from './workspace';

interface StartService {
  name: string;
  requirements: readonly string[];
  handler: string;
}

const SERVICES: readonly StartService[] = [
  {
    name: 'powertools',
    requirements: [
      'aws-lambda-powertools[parser,tracer,validation]==3.37.0',
      'pydantic==2.14.3',
      'requests==2.34.2',
    ],
    handler: `from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.utilities.parser import BaseModel
import requests

logger = Logger(service="orders")
metrics = Metrics(namespace="orders")
tracer = Tracer(service="orders")
app = APIGatewayRestResolver(enable_validation=True)

class Order(BaseModel):
    id: int

@app.get("/orders")
def orders() -> list[Order]:
    return []

def handler(event, context):
    return app.resolve(event, context)
`,
  },
  {
    name: 'frames',
    requirements: ['numpy==2.2.6', 'pandas==2.2.3'],
    handler: `import numpy as np
import pandas as pd

def handler(event, context):
    return pd.DataFrame({"a": np.arange(3)}).sum().to_dict()
`,
  },
  {
    name: 'fast',
    requirements: ['fastapi==0.165.0', 'httpx==0.28.1', 'mangum==0.22.0'],
    handler: `from fastapi import FastAPI
from mangum import Mangum
from pydantic import BaseModel

app = FastAPI()

class Order(BaseModel):
    id: int

@app.get("/orders")
def orders() -> list[Order]:
    return []

handler = Mangum(app)
`,
  },
];

const CHOICES = [false, true, 'imported'] as const;
const ROUNDS = 21;

export function benchStart(): void {
  const workspace = new BenchWorkspace();
  try {
    const rows = SERVICES.flatMap((service) => startRows(service, workspace));
    const head = ['package', 'bytecode MB', 'of all', 'import s', 'CPU s', 'of the gain', 'of CPU'];
    console.log(`\nmedians of ${ROUNDS} alternating cold starts:\n\n${markdownTable(head, rows)}`);
  } finally {
    workspace.remove();
  }
}

function startRows({ name, requirements, handler }: StartService, workspace: BenchWorkspace) {
  const root = join(workspace.root, 'services', name);
  const files = {
    'pyproject.toml': '[tool.nx-lambda-python]\npackage = "app"\nruntime = "python3.11"\n',
    'requirements.txt': `${requirements.join('\n')}\n`,
    'app/handlers/api.py': handler,
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  const packages = CHOICES.map((bytecode) => {
    workspace.build(name, { bytecode });
    const directory = join(workspace.directory, 'unpacked', name, String(bytecode));
    const zip = join(workspace.root, 'dist', 'services', name, 'package.zip');
    mkdirSync(directory, { recursive: true });
    execFileSync('python3', ['-m', 'zipfile', '-e', zip, directory]);
    return { bytecode, size: workspace.manifest(name).package.unpackedSize };
  });
  const times = measure(join(workspace.directory, 'unpacked', name));
  const [none, all] = packages.map(({ size }) => size);
  const base = { size: none ?? 0, times: times[0] };
  return packages.map(({ bytecode, size }, index) => {
    const added = size - base.size;
    const [own, full] = [times[index], times[1]];
    const gain = (of: 'wall' | 'cpu'): string => {
      const [from, to, best] = [base.times?.[of] ?? 0, own?.[of] ?? 0, full?.[of] ?? 0];
      return percent((from - to) / (from - best));
    };
    return [
      `${name}, \`bytecode: ${bytecode}\``,
      (added / 1e6).toFixed(1),
      percent(added / ((all ?? 0) - base.size)),
      (own?.wall ?? 0).toFixed(3),
      (own?.cpu ?? 0).toFixed(3),
      gain('wall'),
      gain('cpu'),
    ];
  });
}

/** Medians, in the order of `CHOICES`. */
function measure(unpacked: string): { wall: number; cpu: number }[] {
  cpSync(join(__dirname, 'start_handlers.py'), join(unpacked, 'start_handlers.py'));
  const mounted = '/unpacked';
  const output = execFileSync('docker', [
    ...['run', '--rm', '--network=none', `--volume=${unpacked}:${mounted}:ro`],
    // Tracing imports more where it finds no function around it.
    ...['--env=AWS_LAMBDA_FUNCTION_NAME=bench', '--env=LAMBDA_TASK_ROOT=/var/task'],
    '--env=AWS_DEFAULT_REGION=us-east-1',
    ...[IMAGE, 'python3', '-s', `${mounted}/start_handlers.py`, 'app.handlers.api', String(ROUNDS)],
    ...CHOICES.map((choice) => `${mounted}/${String(choice)}`),
  ]).toString();
  const runs = JSON.parse(output) as [wall: number, cpu: number][][];
  return runs.map((rounds) => ({
    wall: timesOf(rounds.map(([wall]) => wall)).median,
    cpu: timesOf(rounds.map(([, cpu]) => cpu)).median,
  }));
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}
