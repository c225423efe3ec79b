# shellcheck shell=bash
# ./dev lint and ./dev fmt, gen.

lint_checks=(format shell python includes contracts tidy)

command_lint() {
    local check bad=0
    for check in "${lint_checks[@]}"; do
        if "lint_$check"; then say "ok      $check"; else
            say "FAILED  $check"
            bad=1
        fi
    done
    return "$bad"
}

# Every file of ours, whoever owns the checkout, and in an unpacked archive too; not those that are deleted but still in git's index.
project_files() {
    local file
    {
        git -c safe.directory='*' ls-files --cached --others --exclude-standard 2>/dev/null ||
            find . \( -name build -o -name .roost -o -name node_modules \) -prune -o -type f -print
    } | while IFS= read -r file; do
        if [ -e "$file" ]; then printf '%s\n' "$file"; fi
    done
}

cpp_files() { project_files | grep -E '\.[ch]pp$'; }

lint_format() { cpp_files | xargs -r clang-format-19 --dry-run -Werror; }

command_fmt() { cpp_files | xargs -r clang-format-19 -i; }

lint_shell() {  # tools/dev/*.sh are read through ./dev
    project_files | xargs -r grep -lsE '^#!.*\b(ba)?sh$' | xargs -r shellcheck --external-sources
}

lint_python() { project_files | grep -E '\.py$' | xargs -r python3 -m pyflakes; }

lint_includes() { tools/check_includes; }

# The contracts that are generated and committed must be what the binary would write.
lint_contracts() {
    local fresh status=0
    build release roost || return 1
    fresh=$(mktemp -d)
    generate "$fresh"
    diff -ru contract "$fresh" || status=1
    rm -rf "$fresh"
    if [ "$status" -ne 0 ]; then say "contract/ is stale: run ./dev gen and commit what it writes."; fi
    return "$status"
}

command_gen() {
    build_or_die release roost
    mkdir -p contract
    generate contract
}

# One member a line, so that changes can be read.
generate() {
    build/release/src/roost openapi | python3 -m json.tool --indent 2 --no-ensure-ascii >"$1/openapi.json"
    build/release/src/roost graphql >"$1/schema.graphql"
}

lint_tidy() {
    build release || return 1  # the headers that are generated, and what depends on what
    run python3 tools/dev/tidy.py build/release "$cache/lint"
}
