/** Where the server under test is. */
export const url = process.env["ROOST_TEST_URL"] ?? fail("ROOST_TEST_URL is not set: run `./dev test clients`");

function fail(message: string): never {
    throw new Error(message);
}
