package app.kerbside.schedule

import android.annotation.SuppressLint
import android.app.TimePickerDialog
import android.content.Context
import android.text.format.DateFormat
import android.view.View
import android.view.ViewGroup
import android.widget.CheckBox
import android.widget.LinearLayout
import android.widget.Switch
import app.kerbside.R
import app.kerbside.api.Collection
import app.kerbside.api.ReminderTimes
import app.kerbside.nav.Route
import app.kerbside.ui.ButtonLook
import app.kerbside.ui.Host
import app.kerbside.ui.Icons
import app.kerbside.ui.MATCH
import app.kerbside.ui.Part
import app.kerbside.ui.Screen
import app.kerbside.ui.Stack
import app.kerbside.ui.TOUCH
import app.kerbside.ui.Type
import app.kerbside.ui.WRAP
import app.kerbside.ui.Wording
import app.kerbside.ui.add
import app.kerbside.ui.button
import app.kerbside.ui.card
import app.kerbside.ui.column
import app.kerbside.ui.dp
import app.kerbside.ui.emptyNote
import app.kerbside.ui.flow
import app.kerbside.ui.icon
import app.kerbside.ui.label
import app.kerbside.ui.padding
import app.kerbside.ui.rounded
import app.kerbside.ui.row
import app.kerbside.ui.scroll
import app.kerbside.ui.style
import app.kerbside.ui.titleBar
import java.time.DayOfWeek
import java.time.LocalDate
import java.time.LocalTime

/** What is fetched when, what is due tonight, and whether to be reminded. */
@SuppressLint("ViewConstructor")
internal class ScheduleScreen(
    context: Context,
    private val model: ScheduleViewModel,
    private val host: Host,
    private val firstDayOfWeek: DayOfWeek,
) : Screen<ScheduleState>(context, model.state) {
    private val wording = Wording(context)
    private val months = MonthView(context, model)
    private val content = context.column(16) {
        // Narrow edges: seven days of 48 dp stand beside each other on the narrowest phones.
        setPadding(dp(12), 0, dp(12), dp(24))
    }
    private val part = Part<ScheduleState>(content) { build(it) }

    init {
        val page = context.column {
            add(context.titleBar(context.getString(R.string.schedule)))
            add(content)
        }
        addView(context.scroll(page), LayoutParams(MATCH, MATCH))
    }

    override fun onAttachedToWindow() {
        super.onAttachedToWindow()
        model.load()
    }

    override fun render(state: ScheduleState) = part.show(state)

    private fun ViewGroup.build(state: ScheduleState) {
        val page = this as Stack
        if (!state.loaded) return
        state.error?.let { page.add(problem(wording.error(it), it.detail)) }
        state.importing?.let { page.add(importing(state)) }
        if (state.households.isEmpty()) {
            page.add(context.emptyNote(R.drawable.ic_place, context.getString(R.string.where_title), context.getString(R.string.where_text)) {
                add(context.button(ButtonLook.Filled, context.getString(R.string.choose_place)) { host.go(Route.AddPlace) }, WRAP)
            })
            return
        }
        page.add(places(state))
        if (state.needsZone) page.add(zoneNotice())
        val hasPlan = state.validUntil != null || state.hasImported
        if (hasPlan) {
            page.add(tonight(state))
            page.add(switcher(state))
            page.add(if (state.asMonth) month(state) else list(state))
        } else if (!state.needsZone) {
            page.add(context.card {
                add(context.label(Type.Heading, context.getString(R.string.no_plan)))
                add(context.label(Type.Body, context.getString(R.string.no_plan_help)))
            })
        }
        if (hasPlan) page.add(reminders(state.reminders))
        page.add(file(state))
    }

    private fun places(state: ScheduleState) = context.flow(
        *state.households.map { household ->
            val name = listOfNotNull(household.name, household.detail).joinToString(" · ")
            val isCurrent = household.id == state.current
            val look = if (isCurrent) ButtonLook.Tonal else ButtonLook.Plain
            context.button(look, name, R.drawable.ic_place) {
                if (isCurrent) host.go(Route.Places) else model.choose(household.id)
            }.apply { isSelected = isCurrent }
        }.toTypedArray(),
    )

    private fun zoneNotice() = context.card {
        add(context.label(Type.Body, context.getString(R.string.needs_zone)))
        add(context.button(ButtonLook.Tonal, context.getString(R.string.choose_zone)) { host.go(Route.Places) }, WRAP)
    }

    /** The one thing to see at a glance. */
    private fun tonight(state: ScheduleState) = context.column(8) {
        background = context.rounded(context.getColor(R.color.primary_soft), radius = 24)
        padding(20, 18)
        val ink = context.getColor(R.color.on_primary_soft)
        val due = state.tonight
        val title = if (due.isEmpty()) R.string.nothing_tonight else R.string.put_out
        add(context.label(Type.Heading, context.getString(title)).apply { setTextColor(ink) })
        if (due.isEmpty()) {
            state.coming.firstOrNull { it.date > state.today }?.let { next ->
                val same = state.coming.filter { it.date == next.date }.map { it.stream.name }
                val day = wording.relativeDay(next.date, state.today)
                add(context.label(Type.Body, context.getString(R.string.next_is, day, wording.list(same))).apply { setTextColor(ink) })
            }
        }
        due.forEach { add(row(it, state, ink, context.getString(R.string.fetched_on, wording.relativeDay(it.date, state.today)))) }
    }

    private fun switcher(state: ScheduleState) = context.row(20) {
        for ((asMonth, text) in listOf(false to R.string.as_list, true to R.string.as_month)) {
            val chosen = state.asMonth == asMonth
            val button = context.button(if (chosen) ButtonLook.Tonal else ButtonLook.Plain, context.getString(text)) { model.showAsMonth(asMonth) }
            add(button.apply { isSelected = chosen })
        }
    }

    private fun list(state: ScheduleState) = context.column(12) {
        if (state.days.isEmpty()) {
            val text = state.validUntil?.let { context.getString(R.string.next_no_dates, wording.date(it)) } ?: context.getString(R.string.no_days)
            add(context.label(Type.Soft, text))
        }
        for ((date, collections) in state.days) add(day(date, collections, state))
        val end = state.validUntil
        if (state.days.isNotEmpty() && end != null) add(context.label(Type.Caption, context.getString(R.string.plan_until, wording.date(end))))
    }

    private fun day(date: LocalDate, collections: List<Collection>, state: ScheduleState) = context.card(8) {
        add(context.label(Type.Strong, wording.relativeDay(date, state.today)))
        collections.forEach { add(row(it, state, context.getColor(R.color.text), null)) }
    }

    private fun row(collection: Collection, state: ScheduleState, ink: Int, hint: String?) = context.row(14) {
        minimumHeight = dp(TOUCH)
        add(context.icon(Icons.of(collection.stream.icon), ink), dp(24), dp(24))
        val done = state.isDone(collection)
        add(
            context.column(2) {
                add(context.label(Type.Body, collection.stream.name).apply { setTextColor(ink) })
                val soft = listOfNotNull(
                    hint,
                    wording.window(collection.opens, collection.closes, collection.date),
                    wording.moved(collection.insteadOf, collection.reason),
                )
                soft.forEach { add(context.label(Type.Caption, it).apply { if (hint != null) setTextColor(ink) }) }
            },
            weight = 1f,
        )
        add(
            CheckBox(context).apply {
                text = context.getString(R.string.done)
                style(Type.Soft)
                setTextColor(ink)
                buttonTintList = android.content.res.ColorStateList.valueOf(ink)
                isChecked = done
                minimumHeight = dp(TOUCH)
                minimumWidth = dp(TOUCH)
                contentDescription = context.getString(R.string.done_says, collection.stream.name, wording.day(collection.date))
                setOnCheckedChangeListener { _, checked -> model.setDone(collection, checked) }
            },
        )
    }

    private fun month(state: ScheduleState) = context.column(12) {
        add(months.view(context, state, firstDayOfWeek))
        val picked = state.picked
        if (picked != null && state.pickedDay.isNotEmpty()) add(day(picked, state.pickedDay, state))
        else if (picked != null) add(context.label(Type.Soft, listOf(wording.day(picked), context.getString(R.string.nothing_fetched)).joinToString(": ")))
    }

    private fun reminders(times: ReminderTimes) = context.card(4) {
        add(context.label(Type.Heading, context.getString(R.string.reminders)))
        add(reminder(R.string.evening_before, times.eveningBefore, { model.setEvening(it) }) { model.setReminders(times.copy(eveningBefore = it)) })
        add(reminder(R.string.morning_of, times.morningOf, { model.setMorning(it) }) { model.setReminders(times.copy(morningOf = it)) })
        add(reminder(R.string.bring_back, times.bringBack, { model.setBringBack(it) }) { model.setReminders(times.copy(bringBack = it)) })
    }

    private fun reminder(text: Int, time: LocalTime?, onSwitched: (Boolean) -> Unit, onTime: (LocalTime) -> Unit): LinearLayout = context.column {
        val name = context.getString(text)
        add(
            Switch(context).apply {
                this.text = name
                style(Type.Body)
                isChecked = time != null
                minHeight = dp(TOUCH)
                minimumHeight = dp(TOUCH)
                setOnCheckedChangeListener { _, on ->
                    if (on) host.askForNotifications()
                    onSwitched(on)
                }
            },
        )
        if (time != null) {
            val at = wording.time(time)
            val button = context.button(ButtonLook.Tonal, at, R.drawable.ic_clock) {
                val picked = TimePickerDialog.OnTimeSetListener { _, hour, minute -> onTime(LocalTime.of(hour, minute)) }
                TimePickerDialog(context, picked, time.hour, time.minute, DateFormat.is24HourFormat(context)).show()
            }
            add(button.apply { contentDescription = context.getString(R.string.reminder_says, name, at) }, WRAP)
        }
    }

    private fun file(state: ScheduleState) = context.card(8) {
        add(context.label(Type.Heading, context.getString(R.string.calendar_file)))
        add(context.label(Type.Soft, context.getString(R.string.calendar_file_help)))
        add(
            context.flow(
                context.button(ButtonLook.Tonal, context.getString(R.string.import_calendar), R.drawable.ic_import) { host.pickCalendar() },
                context.button(ButtonLook.Plain, context.getString(R.string.export_calendar), R.drawable.ic_export) { host.saveCalendar() }
                    .apply { visibility = if (state.validUntil == null) View.GONE else View.VISIBLE },
                context.button(ButtonLook.Plain, context.getString(R.string.forget_imported), R.drawable.ic_delete) { model.forgetImported() }
                    .apply { visibility = if (state.hasImported) View.VISIBLE else View.GONE },
            ),
        )
    }

    /** What a calendar file says, before its days count. */
    private fun importing(state: ScheduleState) = context.card {
        val calendar = state.importing ?: return@card
        val count = calendar.days.size
        add(context.label(Type.Heading, context.resources.getQuantityString(R.plurals.days_read, count, count)))
        calendar.days.take(PREVIEW).forEach { day ->
            add(context.label(Type.Body, listOf(wording.shortDay(day.date), day.title).joinToString("  ")))
        }
        if (count > PREVIEW) add(context.label(Type.Caption, context.getString(R.string.and_more, count - PREVIEW)))
        (calendar.warnings + calendar.setAside).take(PREVIEW).forEach { add(context.label(Type.Caption, it)) }
        add(
            context.flow(
                context.button(ButtonLook.Filled, context.getString(R.string.take_days)) { model.confirmImport() },
                context.button(ButtonLook.Plain, context.getString(R.string.cancel)) { model.cancelImport() },
            ),
        )
    }

    private fun problem(text: String, detail: String) = context.column(4) {
        background = context.rounded(context.getColor(R.color.error_soft), radius = 20)
        padding(16, 14)
        accessibilityLiveRegion = View.ACCESSIBILITY_LIVE_REGION_POLITE
        add(context.label(Type.Body, text))
        if (detail.isNotBlank()) add(context.label(Type.Caption, detail))
        add(context.button(ButtonLook.Plain, context.getString(R.string.close)) { model.dismissError() }, WRAP)
    }

    private companion object {
        const val PREVIEW = 4
    }
}
