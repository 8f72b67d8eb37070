-- Two roles on PostgreSQL: one owns the tables and is used by "incident-app upgrade" alone, the other runs the app and can
-- only read and add to the record. Run as a superuser or the owner of the database, after "incident-app upgrade":
--   psql -v owner=incident_owner -v runtime=incident_app -v database=incident -f runbooks/ops/record-roles.sql incident
-- Both roles exist before (CREATE ROLE … LOGIN PASSWORD …). It may be run again after every upgrade.

\set ON_ERROR_STOP on
BEGIN;
ALTER SCHEMA public OWNER TO :"owner";
SELECT format('ALTER TABLE %I.%I OWNER TO %I', schemaname, tablename, :'owner') FROM pg_tables WHERE schemaname = 'public' \gexec
SELECT format('ALTER FUNCTION %s OWNER TO %I', p.oid::regprocedure, :'owner')
  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = 'public' AND p.proname LIKE 'audit\_%' \gexec
REVOKE ALL ON SCHEMA public FROM PUBLIC, :"runtime";
GRANT USAGE ON SCHEMA public TO :"runtime";
GRANT CONNECT ON DATABASE :"database" TO :"runtime";
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO :"runtime";
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO :"runtime";
-- The record: read and add, nothing else. The head is moved by an update; its trigger lets it move to the next entry only.
REVOKE ALL ON audit_entries, audit_anchors, audit_head FROM :"runtime";
GRANT SELECT, INSERT ON audit_entries, audit_anchors TO :"runtime";
GRANT SELECT, INSERT, UPDATE ON audit_head TO :"runtime";
-- Whoever runs the app does not change its version.
REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM :"runtime";
-- Tables of later versions, until this is run again.
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO :"runtime";
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO :"runtime";
COMMIT;
