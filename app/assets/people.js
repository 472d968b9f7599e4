/* The people page: your login and tokens; for administrators accounts, roles, invites, the list. */
(function (dsb) {
  'use strict';
  const API = '/api/v1';
  const ROLES = ['viewer', 'annotator', 'reviewer', 'admin'];
  const SCOPES = ['read', 'annotate', 'export', 'admin'];
  const make = dsb.make;

  dsb.whenPresent('#people', (element) => new People(element).show());

  class People {
    constructor(element) {
      this.element = element;
      this.notice = make('div', { className: 'notice', role: 'status' });
    }

    async show() {
      try {
        this.me = await dsb.ask(`${API}/session`);
        const { projects } = await dsb.ask(`${API}/projects`);
        this.projects = projects;
        const sections = [await this.you()];
        if (this.me.admin) {
          sections.push(...(await this.everyone()));
        } else {
          for (const [slug, role] of Object.entries(this.me.roles)) {
            if (role === 'admin') sections.push(await this.projectMembers(slug));
          }
        }
        this.element.replaceChildren(this.notice, ...sections);
      } catch (error) {
        this.element.replaceChildren(this.notice);
        this.say(error.message, 'bad');
      }
    }

    say(text, kind, ...more) {
      this.notice.className = `notice ${kind}`;
      this.notice.replaceChildren(text, ...more);
    }

    /** Ask the server, then show the page anew; a refusal is told and changes nothing. */
    async change(method, path, json, said) {
      try {
        const answer = await dsb.ask(API + path, { method, json });
        await this.show();
        if (said) said(answer);
        return answer;
      } catch (error) {
        this.say(error.message, 'bad');
        return null;
      }
    }

    // --- you ----------------------------------------------------------------------------------

    async you() {
      const { tokens } = await dsb.ask(`${API}/tokens`);
      const heading = make('div', { className: 'row' }, make('h1', {}, this.me.user));
      heading.append(make('div', { className: 'grow' }));
      const content = [heading];
      if (this.me.user !== 'local') {
        heading.append(button('Log out', () => this.logOut()));
        content.push(this.password());
      } else {
        content.push(
          make('p', { className: 'dim' }, 'You are at the computer of this workspace and manage it.'),
        );
      }
      content.push(make('h2', {}, 'Tokens for programs'), this.tokens(tokens), this.newToken());
      return make('section', { className: 'card stack', id: 'you' }, ...content);
    }

    async logOut() {
      await dsb.ask(`${API}/session`, { method: 'DELETE' });
      location.assign('/login');
    }

    password() {
      const old = input('Password now', { type: 'password', autocomplete: 'current-password' });
      const fresh = input('New password', { type: 'password', autocomplete: 'new-password' });
      return form('Change the password', [old, fresh], async () => {
        const json = { old: old.value, new: fresh.value };
        await this.change('POST', '/session/password', json, () =>
          this.say('The password is changed; every other login of yours has ended.', 'good'),
        );
      });
    }

    tokens(tokens) {
      const live = tokens.filter((token) => !token.revoked);
      if (!live.length) return make('p', { className: 'dim' }, 'None.');
      const rows = live.map((token) => [
        token.name,
        token.user,
        token.project || 'every project',
        token.scope,
        `until ${(token.expires_at || '').slice(0, 10)}`,
        button('Revoke', () => this.change('DELETE', `/tokens/${token.key}`)),
      ]);
      return table(['Name', 'Whose', 'Where', 'May', '', ''], rows);
    }

    newToken() {
      const name = input('What it is for');
      const scope = select(SCOPES, 'What it may');
      const project = select(['every project', ...this.projects.map((one) => one.slug)], 'Where');
      return form('Make a token', [name, scope, project], async () => {
        const where = project.selectedIndex ? project.value : null;
        const json = { name: name.value, scope: scope.value, project: where };
        await this.change('POST', '/tokens', json, (answer) =>
          this.say('The token is shown this once: ', 'good', secret(answer.token)),
        );
      });
    }

    // --- everyone -----------------------------------------------------------------------------

    async everyone() {
      const [{ users }, { invites }, { lines }] = await Promise.all(
        ['users', 'invites', 'audit'].map((name) => dsb.ask(`${API}/${name}`)),
      );
      return [
        make(
          'section',
          { className: 'card stack', id: 'accounts' },
          make('h2', {}, 'Accounts'),
          this.accounts(users),
          make('h2', {}, 'Invites'),
          this.invites(invites),
          this.newInvite(),
        ),
        make(
          'section',
          { className: 'card stack' },
          make('h2', {}, 'What was changed'),
          table(
            ['When', 'Who', 'What', 'Whose', ''],
            lines.slice(0, 50).map((line) => [
              line.at.slice(0, 16).replace('T', ' '),
              line.actor,
              line.action,
              line.subject,
              line.detail,
            ]),
          ),
        ),
      ];
    }

    accounts(users) {
      if (!users.length) return make('p', { className: 'dim' }, 'None yet. Invite the first one.');
      const rows = users.map((user) => [
        make('b', {}, user.name),
        user.disabled ? 'shut out' : user.admin ? 'manages the workspace' : '',
        this.roles(user),
        user.name === this.me.user ? '' : this.actions(user),
      ]);
      return table(['Name', '', 'Roles', ''], rows);
    }

    roles(user) {
      const cell = make('div', { className: 'row wrap' });
      for (const [slug, role] of Object.entries(user.roles)) {
        const choice = select([...ROLES, 'remove'], `Role of ${user.name} in ${slug}`, role);
        choice.addEventListener('change', () => this.setRole(slug, user.name, choice.value));
        cell.append(make('label', { className: 'row' }, `${slug} `, choice));
      }
      const missing = this.projects.filter((one) => !(one.slug in user.roles));
      if (missing.length && !user.admin) {
        const words = ['add…', ...missing.map((one) => one.slug)];
        const more = select(words, `Give ${user.name} a role`);
        more.addEventListener('change', () => this.setRole(more.value, user.name, 'annotator'));
        cell.append(more);
      }
      return cell;
    }

    setRole(slug, name, role) {
      const path = `/projects/${slug}/members/${encodeURIComponent(name)}`;
      if (role === 'remove') return this.change('DELETE', path);
      return this.change('PUT', path, { role });
    }

    actions(user) {
      const path = `/users/${encodeURIComponent(user.name)}`;
      const set = (json) => this.change('PATCH', path, json);
      return make(
        'div',
        { className: 'row' },
        button(user.admin ? 'No admin' : 'Make admin', () => set({ admin: !user.admin })),
        button('End logins', () =>
          this.change('DELETE', `${path}/sessions`, undefined, (answer) =>
            this.say(`${user.name}: ${answer.ended} logins ended.`, 'good'),
          ),
        ),
        button(user.disabled ? 'Let in' : 'Shut out', () => set({ disabled: !user.disabled })),
      );
    }

    invites(invites) {
      if (!invites.length) return make('p', { className: 'dim' }, 'None is waiting.');
      const rows = invites.map((one) => [
        one.name || 'anybody with the link',
        one.admin ? 'manages the workspace' : one.project ? `${one.project}: ${one.role}` : '',
        `from ${one.created_by}, until ${one.expires_at.slice(0, 10)}`,
        button('Withdraw', () => this.change('DELETE', `/invites/${one.key}`)),
      ]);
      return table(['Who', 'As', '', ''], rows);
    }

    newInvite() {
      const name = input('Name (or empty: their choice)', { required: false });
      const project = select(['no project', ...this.projects.map((one) => one.slug)], 'Project');
      const role = select(ROLES, 'Role', 'annotator');
      return form('Invite', [name, project, role], async () => {
        const where = project.selectedIndex ? project.value : null;
        const json = { name: name.value, project: where, role: where && role.value };
        await this.change('POST', '/invites', json, (answer) =>
          this.say('Send this address; it works once, for seven days: ', 'good', secret(answer.address)),
        );
      });
    }

    async projectMembers(slug) {
      const { members } = await dsb.ask(`${API}/projects/${slug}/members`);
      const rows = members.map((one) => {
        if (one.name === this.me.user) return [make('b', {}, one.name), one.role];
        const choice = select([...ROLES, 'remove'], `Role of ${one.name}`, one.role);
        choice.addEventListener('change', () => this.setRole(slug, one.name, choice.value));
        return [make('b', {}, one.name), choice];
      });
      const name = input('Name of an account');
      const role = select(ROLES, 'Role', 'annotator');
      return make(
        'section',
        { className: 'card stack' },
        make('h2', {}, slug),
        table(['Name', 'Role'], rows),
        form('Add', [name, role], () => this.setRole(slug, name.value, role.value)),
      );
    }
  }

  // --- pieces ---------------------------------------------------------------------------------

  function button(words, act) {
    const made = make('button', { type: 'button', className: 'button quiet' }, words);
    made.addEventListener('click', act);
    return made;
  }

  function input(words, more) {
    const made = make('input', { className: 'input', placeholder: words, required: true, ...more });
    made.setAttribute('aria-label', words);
    return made;
  }

  function select(values, words, chosen) {
    const made = make('select', { className: 'input narrow' });
    made.setAttribute('aria-label', words);
    made.append(...values.map((value) => make('option', { value }, value)));
    if (chosen) made.value = chosen;
    return made;
  }

  function form(words, fields, act) {
    const go = make('button', { type: 'submit', className: 'button' }, words);
    const made = make('form', { className: 'row' }, ...fields, go);
    made.addEventListener('submit', (event) => {
      event.preventDefault();
      act();
    });
    return made;
  }

  function table(headings, rows) {
    const head = make('tr', {}, ...headings.map((words) => make('th', {}, words)));
    const body = rows.map((cells) => make('tr', {}, ...cells.map((cell) => make('td', {}, cell))));
    return make(
      'table',
      { className: 'table' },
      make('thead', {}, head),
      make('tbody', {}, ...body),
    );
  }

  /** A secret that is selected by a click, to be copied. */
  function secret(text) {
    const field = make('input', { className: 'input secret', value: text, readOnly: true });
    field.setAttribute('aria-label', 'To be copied');
    field.addEventListener('focus', () => field.select());
    return field;
  }
})(window.dsb);
