/** The keys of the account at the S3 server of the tests, as settings. */
export const S3_KEYS = {
  AWS_ACCESS_KEY_ID: 'TESTKEYOFHEAVYLIFT00',
  AWS_SECRET_ACCESS_KEY: 'a-secret-for-tests-of-forty-characters00',
};
