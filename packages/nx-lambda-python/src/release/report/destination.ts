/** Where a command is about to write: the first line of everything that writes. */

export interface Destination {
  service: string;
  /** Null without one. */
  stage: string | null;
  /** Null where AWS does not tell. */
  account: string | null;
  region: string;
  bucket: string;
}

/**
 * `orders: deploys to stage prod, account 111122223333, region eu-west-1, bucket acme-packages`
 *
 * @param action `deploys to`, or `would deploy to` of what only looks
 */
export function destinationLine(
  action: string,
  { service, stage, account, region, bucket }: Destination,
): string {
  const places = [
    ...(stage === null ? [] : [`stage ${stage}`]),
    account === null ? 'an account that AWS does not tell' : `account ${account}`,
    `region ${region}`,
    `bucket ${bucket}`,
  ];
  return `${service}: ${action} ${places.join(', ')}`;
}
