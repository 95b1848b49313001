// SPDX-License-Identifier: Apache-2.0
package fors;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.flink.api.common.functions.RichMapFunction;
import org.apache.flink.api.common.state.CheckpointListener;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.runtime.state.FunctionInitializationContext;
import org.apache.flink.runtime.state.FunctionSnapshotContext;
import org.apache.flink.streaming.api.checkpoint.CheckpointedFunction;

/** Writes down in its state each record that comes; fails once when asked to. */
class Ledger extends RichMapFunction<String, String>
        implements CheckpointedFunction, CheckpointListener {
    /** So many records are in no checkpoint, not even a begun one, at the failure. */
    static final int LOST = 3;

    /** What a test sees of its ledger. Flink serialises functions, so the two meet by name. */
    static class View {
        /** The state in the newest checkpoint that is complete. */
        volatile List<String> committed = List.of();
        volatile boolean toFail;
        volatile int restarts;
        volatile int calls;
    }

    static final Map<String, View> VIEWS = new ConcurrentHashMap<>();

    private final String name;
    private transient View view;
    private transient ListState<String> state;
    private transient List<String> records;
    private transient int inSnapshot;
    private transient TreeMap<Long, List<String>> snapshots;

    Ledger(String name) {
        this.name = name;
    }

    @Override
    public void initializeState(FunctionInitializationContext context) throws Exception {
        view = VIEWS.get(name);
        snapshots = new TreeMap<>();
        state = context.getOperatorStateStore().getListState(
                new ListStateDescriptor<>("records", String.class));
        records = new ArrayList<>();
        state.get().forEach(records::add);
        inSnapshot = records.size();
        if (context.isRestored()) view.restarts++;
    }

    @Override
    public String map(String record) {
        view.calls++;
        records.add(record);
        if (view.toFail && records.size() >= inSnapshot + LOST) {
            view.toFail = false;
            throw new IllegalStateException("as the test wants it");
        }
        return record;
    }

    @Override
    public void snapshotState(FunctionSnapshotContext context) throws Exception {
        state.update(records);
        inSnapshot = records.size();
        snapshots.put(context.getCheckpointId(), List.copyOf(records));
    }

    @Override
    public void notifyCheckpointComplete(long checkpoint) {
        List<String> done = snapshots.get(checkpoint);
        if (done != null) view.committed = done;
        snapshots.headMap(checkpoint, true).clear();
    }
}
