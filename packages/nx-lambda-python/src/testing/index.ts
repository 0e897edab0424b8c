/** `nx-lambda-python/testing`: an AWS account on loopback for tests of what deploys to Lambda. */

export { startSimulatedAccount } from './account';
export type { SimulatedAccount, SimulatedAccountOptions } from './account';
export type { ServiceName } from './protocol/aws-error';
export type { RecordedRequest } from './dispatch';
export type { Fault, FaultKind } from './protocol/faults';
export type { Quota } from './lambda/quota';
export type { BucketSeed, FunctionKind, FunctionSeed, FunctionState } from './seeding';
export type { Credentials } from './signature';
