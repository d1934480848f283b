package input_test

import (
	"maps"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/input"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/position"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/rig"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/settings"
)

// inDirectory keeps the position in a directory instead of the rig's cache.
func inDirectory(dir string, more rig.Settings) rig.Settings {
	set := rig.Settings{"checkpoint_cache": "", "checkpoint_dir": dir}
	maps.Copy(set, more)
	return set
}

// A directory that is missing is created, holds the position behind what is
// acknowledged, and is where a restart goes on. Nothing else is left in it.
func TestCheckpointDir(t *testing.T) {
	rig.ForBothAPIs(t, func(t *testing.T, api rig.Settings) {
		r := rig.For(t, api)
		sent, times := r.History(2, 1, 1000)
		dir := filepath.Join(t.TempDir(), "a", "state")
		p := r.Start(inDirectory(dir, rig.Settings{"start_time": "2h"}))
		require.Equal(t, sent[:1], p.Deliver())
		rig.Pass(time.Second)
		content, err := os.ReadFile(filepath.Join(dir, settings.Name))
		require.NoError(t, err)
		if api["api"] == "backstory" {
			require.Equal(t, `{"continuation_time":"`+times[0]+`"}`, string(content))
		} else {
			require.Regexp(t, `^{"page_token":".+","page_start_time":".+"}$`, string(content))
		}
		p.Read()
		p.Stop()

		p = r.Start(inDirectory(dir, nil))
		require.Equal(t, sent[1:], p.Deliver())
		p.Stop()
		entries, err := os.ReadDir(dir)
		require.NoError(t, err)
		require.Len(t, entries, 2)
		require.Equal(t, settings.Name, entries[0].Name())
		require.Equal(t, settings.Name+".lock", entries[1].Name())
		require.Zero(t, r.Cache.Writes())
	})
}

// However the directory is spelled, two inputs of a process that share a position are
// refused as such, also where their streams have nothing else in common.
func TestTwoInputsCannotShareADirectory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.New(t)
		dir := t.TempDir()
		link := filepath.Join(t.TempDir(), "link")
		require.NoError(t, os.Symlink(dir, link))
		p := r.Start(inDirectory(filepath.Join(dir, "state"), nil))
		require.NoError(t, r.Server.WaitForRequests(t.Context(), 1))
		elsewhere := r.Start(inDirectory(dir+"/state", rig.Settings{"checkpoint_cache_key": "mine"}))
		build := func(dir string) error {
			parsed, err := settings.Spec().ParseYAML("checkpoint_dir: "+dir, nil)
			require.NoError(t, err)
			_, err = input.New(parsed, elsewhere.Res, input.Host{})
			return err
		}
		for _, again := range []string{dir + "/state", dir + "/./x/../state/", link + "/state"} {
			err := build(again)
			require.ErrorContains(t, err, `field checkpoint_cache_key: got "chronicle_detection_alerts", which another chronicle_detection_alerts input stores its position under in the directory `+again)
			require.NotContains(t, err.Error(), "process")
		}
		p.Stop()
		require.NoError(t, build(link+"/state"))
	})
}

// A position that cannot be read ends the input before anything is asked of the server.
func TestCheckpointDirThatCannotBeRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.New(t)
		dir := t.TempDir()
		require.NoError(t, os.Mkdir(filepath.Join(dir, settings.Name), 0o700))
		p := r.Start(inDirectory(dir, nil))
		require.ErrorContains(t, p.Ends(), "reading the position in the directory "+dir+": ")
		require.Contains(t, p.Logs.String(), "What to do: let this process read and write the directory")
		require.Empty(t, r.Server.Requests())
	})
}

// A connection test neither needs the directory nor touches it, so that a configuration
// can be tested while a process runs it.
func TestConnectionTestLeavesTheDirectory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.New(t)
		dir := filepath.Join(t.TempDir(), "state")
		require.NoError(t, r.ConnectionTest(inDirectory(dir, nil)))
		require.NoDirExists(t, dir)
	})
}

// An input whose position another process has ends at once, and says so.
func TestAnotherProcessHasTheDirectory(t *testing.T) {
	dir := t.TempDir()
	other := position.NewDirectory(dir)
	require.NoError(t, other.Lock(settings.Name)) // a lock of its own, as that of another process
	synctest.Test(t, func(t *testing.T) {
		r := rig.New(t)
		p := r.Start(inDirectory(dir, rig.Settings{"max_consecutive_failures": 0}))
		begun := time.Now()
		require.ErrorContains(t, p.Ends(), "locking the position in the directory "+dir)
		require.ErrorContains(t, p.Failure(), "another process")
		require.Contains(t, p.Logs.String(), "What to do: stop the other process")
		require.Less(t, time.Since(begun), time.Second)
		require.Empty(t, r.Server.Requests())
	})
	other.Release()
	synctest.Test(t, func(t *testing.T) {
		r := rig.New(t)
		r.Start(inDirectory(dir, nil))
		require.NoError(t, r.Server.WaitForRequests(t.Context(), 1))
	})
}
