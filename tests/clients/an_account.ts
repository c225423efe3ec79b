import assert from "node:assert/strict";
import { test } from "node:test";
import { anybody, good, mailTo, password, signIn, signUp, tokenIn } from "./people.js";

const another = "another horse battery 8";

test("somebody proves her address and sets a new password by mail", async () => {
    const ann = await signUp("ann");
    tokenIn(await mailTo(ann, "Confirm your e-mail address"));
    good(await ann.client.POST("/api/v1/auth/verify-email/resend/"));
    const token = tokenIn(await mailTo(ann, "Confirm your e-mail address"));
    good(await anybody.POST("/api/v1/auth/verify-email/", { body: { token } }));
    assert.equal(good(await ann.client.GET("/api/v1/users/me/")).email_verified, true);

    good(await anybody.POST("/api/v1/auth/password/reset/", { body: { email: ann.user.email! } }));
    const reset = tokenIn(await mailTo(ann, "Set a new password"));
    good(await anybody.POST("/api/v1/auth/password/reset/confirm/", { body: { token: reset, new_password: another } }));
    assert.equal((await ann.client.GET("/api/v1/users/me/")).response.status, 401, "every session has ended");
    await signIn(ann.user.username, another);
});

test("sessions are refreshed, listed and ended", async () => {
    const { user, client } = await signUp("ann");
    const session = await signIn(user.username);
    const fresh = good(await anybody.POST("/api/v1/auth/refresh/", { body: { refresh_token: session.refresh_token } }));
    assert.notEqual(fresh.refresh_token, session.refresh_token);
    const ids = async () => good(await client.GET("/api/v1/auth/sessions/")).results.map((s) => s.id);
    assert.equal((await ids()).length, 2);
    good(await client.DELETE("/api/v1/auth/sessions/{session_id}/", { params: { path: { session_id: session.session_id } } }));
    assert.equal((await ids()).includes(session.session_id), false);
    good(await client.POST("/api/v1/auth/logout/"));
    assert.equal((await client.GET("/api/v1/users/me/")).response.status, 401);
});

test("a password is changed, and everybody is signed out everywhere", async () => {
    const { user, client } = await signUp("ann");
    const body = { current_password: password, new_password: another };
    good(await client.POST("/api/v1/auth/password/change/", { body }));
    const session = await signIn(user.username, another);
    const headers = { Authorization: `Bearer ${session.access_token}` };
    good(await anybody.POST("/api/v1/auth/logout-all/", { headers }));
    assert.equal((await anybody.GET("/api/v1/users/me/", { headers })).response.status, 401);
});

test("an account is closed", async () => {
    const { user, client } = await signUp("ann");
    good(await client.DELETE("/api/v1/users/me/"));
    assert.equal((await anybody.GET("/api/v1/users/{user_id}/", { params: { path: { user_id: user.id } } })).response.status, 404);
});
