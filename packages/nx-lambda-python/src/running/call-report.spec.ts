import { parseMarker } from '../service/marker';
import { temporaryDirectory, writeFiles } from '../temporary.fixtures';
import {
  functionError,
  renderFigures,
  renderPayload,
  tracebackOf,
  workspacePaths,
} from './call-report';

test('files of the service are named as in the workspace, others as in Lambda', () => {
  const root = temporaryDirectory();
  writeFiles(root, { 'services/orders/src/orders/refund.py': '' });
  const marker = {
    ...parseMarker(
      '[tool.nx-lambda-python]\npackage = "orders"\nruntime = "python3.13"\n',
      'pyproject.toml',
    ),
    directory: 'services/orders',
    root: 'src',
  };
  const show = workspacePaths(root, marker, '/store/unpacked/ab');
  expect(show('File "/store/unpacked/ab/orders/refund.py", line 3, in f')).toBe(
    'File "services/orders/src/orders/refund.py", line 3, in f',
  );
  expect(show('at /store/unpacked/ab/six.py:3 and /store/unpacked/ab/orders/refund.py:1')).toBe(
    'at /var/task/six.py:3 and services/orders/src/orders/refund.py:1',
  );
});

test.each([
  [{ runMs: 2.13 }, undefined, 'run 2.1 ms'],
  [{ initMs: 141.7, runMs: 12.4, maxMemoryMb: 34 }, 128, 'init 142 ms, run 12 ms, 34 of 128 MB'],
  [{ runMs: 0, maxMemoryMb: 34 }, undefined, 'run 0.0 ms, 34 MB'],
])('figures of %j', (result, memory, expected) => {
  expect(renderFigures({ payload: Buffer.from(''), ...result }, memory)).toBe(expected);
});

test('an answer may be anything', () => {
  expect(renderPayload(Buffer.from('{"a":[1]}'))).toBe('{\n  "a": [\n    1\n  ]\n}');
  expect(renderPayload(Buffer.from([0x1b, 0x5b, 0x32, 0x4a, 0x68, 0x69]))).toBe('hi');
});

test.each([
  [
    '{"errorType":"KeyError","errorMessage":"\'a\'","stackTrace":["  File \\"x\\"\\n    f()\\n"]}',
    "KeyError: 'a'",
    3,
  ],
  ['{"errorType":"Sandbox.Timedout"}', 'Sandbox.Timedout', 0],
  ['no JSON', 'an error', 0],
  ['null', 'an error', 0],
])('an error that is %s', (text, message, lines) => {
  const payload = Buffer.from(text);
  expect(functionError({ payload }, 'refund', 'invoke orders').message).toBe(
    `\`refund\` failed: ${message}`,
  );
  expect(tracebackOf(payload)).toHaveLength(lines);
});
