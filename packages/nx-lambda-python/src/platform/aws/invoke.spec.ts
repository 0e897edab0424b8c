import { readTail } from './invoke';

const REPORT =
  'REPORT RequestId: 8f5a\tDuration: 2.10 ms\tBilled Duration: 115 ms\tMemory Size: 128 MB\tMax Memory Used: 35 MB\tInit Duration: 112.30 ms\t';

test('the tail of a log has the figures of the call, and the function’s lines', () => {
  const text = `INIT_START Runtime Version: python:3.13.v1\nSTART RequestId: 8f5a Version: 7\nSTARTED\nwithout an end${'\n'}END RequestId: 8f5a\n${REPORT}\n`;
  expect(readTail(text)).toEqual({
    log: ['STARTED', 'without an end'],
    runMs: 2.1,
    initMs: 112.3,
    maxMemoryMb: 35,
    memoryMb: 128,
  });
});

test('one that is cut, or warm', () => {
  expect(readTail('end of a line\nREPORT RequestId: 8f5a\tDuration: 1.00 ms')).toEqual({
    log: ['end of a line'],
    runMs: 1,
  });
  expect(readTail('')).toEqual({ log: [], runMs: 0 });
});
