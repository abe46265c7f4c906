// SPDX-License-Identifier: Apache-2.0
#include "ui/theme/style.h"

#include "ui/theme/style_parts.h"
#include "ui/theme/tones.h"

#include <QAbstractItemView>
#include <QComboBox>
#include <QPainter>
#include <QPushButton>
#include <QTabBar>
#include <QToolTip>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

Style::Style()
    : QProxyStyle(u"fusion"_s)
{
}

void Style::drawPrimitive(PrimitiveElement element, const QStyleOption *option, QPainter *painter, const QWidget *widget) const
{
    switch (element) {
    case PE_PanelButtonCommand:
        if (const auto *button = qstyleoption_cast<const QStyleOptionButton *>(option))
            return parts::button(*painter, *button, widget);
        break;
    case PE_PanelButtonTool:
        return parts::toolButton(*painter, *option);
    case PE_PanelLineEdit:
        if (const auto *frame = qstyleoption_cast<const QStyleOptionFrame *>(option); frame && frame->lineWidth > 0)
            return parts::lineEdit(*painter, *option);
        painter->fillRect(option->rect, option->palette.color(QPalette::Base));
        return;
    case PE_FrameLineEdit:
    case PE_FrameDefaultButton:
    case PE_FrameStatusBarItem:
    case PE_FrameTabWidget:
    case PE_FrameTabBarBase:
        return;
    case PE_PanelStatusBar:
        painter->fillRect(option->rect, option->palette.color(QPalette::Window));
        painter->setPen(option->palette.color(QPalette::Mid));
        painter->drawLine(option->rect.topLeft(), option->rect.topRight());
        return;
    case PE_FrameFocusRect: // list rows and links only; buttons and fields draw their own
        if (qobject_cast<const QAbstractItemView *>(widget))
            return;
        if (option->state & State_KeyboardFocusChange)
            parts::focusRing(*painter, option->rect, option->palette, 4);
        return;
    case PE_IndicatorCheckBox:
    case PE_IndicatorItemViewItemCheck:
        return parts::checkMark(*painter, *option, false);
    case PE_IndicatorRadioButton:
        return parts::checkMark(*painter, *option, true);
    case PE_IndicatorHeaderArrow:
        if (const auto *header = qstyleoption_cast<const QStyleOptionHeader *>(option);
            header && header->sortIndicator != QStyleOptionHeader::None)
            parts::chevron(*painter, option->rect, toneColors(Tone::Muted, option->palette).text,
                header->sortIndicator == QStyleOptionHeader::SortUp ? 180 : 0);
        return;
    case PE_IndicatorBranch:
        return parts::branch(*painter, *option);
    case PE_PanelItemViewItem:
    case PE_PanelItemViewRow:
        if (const auto *item = qstyleoption_cast<const QStyleOptionViewItem *>(option))
            return parts::row(*painter, *item, widget);
        break;
    case PE_Frame: // of lists and text: one quiet line
        parts::roundedBox(
            *painter, option->rect, option->palette.color(QPalette::Base), option->palette.color(QPalette::Mid), parts::radius);
        return;
    default:
        break;
    }
    QProxyStyle::drawPrimitive(element, option, painter, widget);
}

void Style::drawControl(ControlElement element, const QStyleOption *option, QPainter *painter, const QWidget *widget) const
{
    switch (element) {
    case CE_PushButtonBevel:
        if (const auto *button = qstyleoption_cast<const QStyleOptionButton *>(option))
            return parts::button(*painter, *button, widget);
        break;
    case CE_PushButtonLabel:
        if (const auto *button = qstyleoption_cast<const QStyleOptionButton *>(option))
            return parts::buttonLabel(*painter, *button, widget);
        break;
    case CE_TabBarTabShape:
        if (const auto *tab = qstyleoption_cast<const QStyleOptionTab *>(option))
            return parts::tab(*painter, *tab);
        break;
    case CE_TabBarTabLabel:
        if (const auto *tab = qstyleoption_cast<const QStyleOptionTab *>(option); tab && tab->shape == QTabBar::RoundedNorth)
            return parts::tabLabel(*painter, *tab);
        break;
    case CE_ToolButtonLabel:
        if (const auto *button = qstyleoption_cast<const QStyleOptionToolButton *>(option); button
            && button->toolButtonStyle == Qt::ToolButtonTextBesideIcon && !button->icon.isNull()
            && !(button->features & QStyleOptionToolButton::Arrow))
            return parts::toolButtonLabel(*painter, *button, widget);
        break;
    case CE_HeaderSection:
    case CE_HeaderEmptyArea:
        if (const auto *header = qstyleoption_cast<const QStyleOptionHeader *>(option))
            return parts::header(*painter, *header);
        painter->fillRect(option->rect, option->palette.color(QPalette::Base));
        return;
    case CE_HeaderLabel:
        if (const auto *header = qstyleoption_cast<const QStyleOptionHeaderV2 *>(option)) {
            QStyleOptionHeaderV2 copy = *header;
            copy.palette.setColor(QPalette::ButtonText, toneColors(Tone::Muted, header->palette).text);
            QProxyStyle::drawControl(element, &copy, painter, widget);
            return;
        }
        break;
    case CE_ProgressBarGroove:
        return;
    case CE_ProgressBarContents:
        if (const auto *bar = qstyleoption_cast<const QStyleOptionProgressBar *>(option))
            return parts::progress(*painter, *bar);
        break;
    case CE_ToolBar:
        painter->fillRect(option->rect, option->palette.color(QPalette::Window));
        painter->setPen(option->palette.color(QPalette::Mid));
        painter->drawLine(option->rect.bottomLeft(), option->rect.bottomRight());
        return;
    case CE_Splitter:
        painter->fillRect(option->rect, option->palette.color(QPalette::Window));
        return;
    case CE_ShapedFrame:
        if (const auto *frame = qstyleoption_cast<const QStyleOptionFrame *>(option);
            frame && (frame->frameShape == QFrame::HLine || frame->frameShape == QFrame::VLine)) {
            painter->setPen(option->palette.color(QPalette::Mid));
            const QPoint centre = option->rect.center();
            if (frame->frameShape == QFrame::HLine)
                painter->drawLine(option->rect.left(), centre.y(), option->rect.right(), centre.y());
            else
                painter->drawLine(centre.x(), option->rect.top(), centre.x(), option->rect.bottom());
            return;
        }
        break;
    default:
        break;
    }
    QProxyStyle::drawControl(element, option, painter, widget);
}

void Style::drawComplexControl(ComplexControl control, const QStyleOptionComplex *option, QPainter *painter, const QWidget *widget) const
{
    if (control == CC_ComboBox) {
        if (const auto *combo = qstyleoption_cast<const QStyleOptionComboBox *>(option))
            return parts::comboBox(*painter, *combo);
    } else if (control == CC_SpinBox) {
        if (const auto *spin = qstyleoption_cast<const QStyleOptionSpinBox *>(option))
            return parts::spinBox(*painter, *spin, proxy()->subControlRect(control, option, SC_SpinBoxUp, widget),
                proxy()->subControlRect(control, option, SC_SpinBoxDown, widget));
    } else if (control == CC_ScrollBar) {
        if (const auto *slider = qstyleoption_cast<const QStyleOptionSlider *>(option))
            return parts::scrollBar(*painter, *slider, proxy()->subControlRect(control, option, SC_ScrollBarSlider, widget));
    }
    QProxyStyle::drawComplexControl(control, option, painter, widget);
}

QSize Style::sizeFromContents(ContentsType type, const QStyleOption *option, const QSize &size, const QWidget *widget) const
{
    QSize result = QProxyStyle::sizeFromContents(type, option, size, widget);
    switch (type) {
    case CT_PushButton:
        if (const auto *button = qstyleoption_cast<const QStyleOptionButton *>(option);
            button && button->features & QStyleOptionButton::HasMenu)
            result.rwidth() += 10;
        return {result.width() + 12, std::max(result.height(), 34)};
    case CT_LineEdit:
    case CT_ComboBox:
    case CT_SpinBox:
        return {result.width() + (type == CT_ComboBox ? 8 : 0), std::max(result.height(), 34)};
    case CT_ToolButton:
        if (const auto *button = qstyleoption_cast<const QStyleOptionToolButton *>(option);
            button && button->toolButtonStyle == Qt::ToolButtonTextBesideIcon)
            return {result.width() + 14, std::max(result.height(), 32)};
        return {std::max(result.width() + 4, 32), std::max(result.height(), 32)};
    case CT_ItemViewItem:
        return {result.width(), std::max(result.height() + 6, 28)};
    case CT_HeaderSection:
        return {result.width() + 8, std::max(result.height() + 4, 30)};
    case CT_TabBarTab:
        return {result.width() + 12, std::max(result.height(), 40)};
    case CT_MenuItem:
        return {result.width() + 8, result.height() > 12 ? std::max(result.height(), 28) : result.height()};
    default:
        return result;
    }
}

QRect Style::subElementRect(SubElement element, const QStyleOption *option, const QWidget *widget) const
{
    const QRect rect = QProxyStyle::subElementRect(element, option, widget);
    if (element == SE_LineEditContents) {
        const auto *frame = qstyleoption_cast<const QStyleOptionFrame *>(option);
        return frame && frame->lineWidth > 0 ? rect.adjusted(6, 0, -6, 0) : rect;
    }
    if (element == SE_HeaderArrow)
        return alignedRect(option->direction, Qt::AlignTrailing | Qt::AlignVCenter, QSize(14, 14), option->rect.adjusted(8, 0, -8, 0));
    return rect;
}

QRect Style::subControlRect(ComplexControl control, const QStyleOptionComplex *option, SubControl part, const QWidget *widget) const
{
    if (control == CC_ScrollBar) { // no arrow buttons: the groove is all of it
        const auto *slider = qstyleoption_cast<const QStyleOptionSlider *>(option);
        if (slider && part == SC_ScrollBarGroove)
            return slider->rect;
        if (slider && (part == SC_ScrollBarAddLine || part == SC_ScrollBarSubLine))
            return {};
        if (slider && (part == SC_ScrollBarSlider || part == SC_ScrollBarAddPage || part == SC_ScrollBarSubPage)) {
            const bool upright = slider->orientation == Qt::Vertical;
            const int whole = upright ? slider->rect.height() : slider->rect.width();
            const int range = slider->maximum - slider->minimum;
            const double share = static_cast<double>(slider->pageStep) / (static_cast<double>(range) + slider->pageStep);
            const int length = range > 0 ? std::clamp(static_cast<int>(share * whole), std::min(32, whole), whole) : whole;
            const int at =
                sliderPositionFromValue(slider->minimum, slider->maximum, slider->sliderPosition, whole - length, slider->upsideDown);
            const QRect rect = slider->rect;
            const auto cut = [&](int from, int to) {
                return upright ? QRect(rect.x(), rect.y() + from, rect.width(), to - from)
                               : visualRect(slider->direction, rect, QRect(rect.x() + from, rect.y(), to - from, rect.height()));
            };
            return part == SC_ScrollBarSlider ? cut(at, at + length) : part == SC_ScrollBarSubPage ? cut(0, at) : cut(at + length, whole);
        }
    }
    if (control == CC_SpinBox) {
        const QRect rect = option->rect;
        const int arrows = 26, middle = rect.height() / 2;
        const auto place = [&](const QRect &area) { return visualRect(option->direction, rect, area); };
        if (part == SC_SpinBoxFrame)
            return rect;
        if (part == SC_SpinBoxEditField)
            return place(rect.adjusted(9, 2, -arrows, -2));
        if (part == SC_SpinBoxUp)
            return place(QRect(rect.right() - arrows, rect.top() + 3, arrows - 2, middle - 3));
        if (part == SC_SpinBoxDown)
            return place(QRect(rect.right() - arrows, rect.top() + middle, arrows - 2, middle - 3));
    }
    if (control == CC_ComboBox && part == SC_ComboBoxEditField)
        return visualRect(option->direction, option->rect, option->rect.adjusted(9, 2, -26, -2));
    return QProxyStyle::subControlRect(control, option, part, widget);
}

int Style::pixelMetric(PixelMetric metric, const QStyleOption *option, const QWidget *widget) const
{
    switch (metric) {
    case PM_DefaultFrameWidth:
        return 2; // the corners of what is inside stay within the frame's
    case PM_HeaderMargin:
        return 8;
    case PM_ScrollBarExtent:
        return 12;
    case PM_ScrollBarSliderMin:
        return 32;
    case PM_SmallIconSize:
        return 18;
    case PM_ButtonIconSize:
        return 18;
    case PM_ToolBarIconSize:
        return 20;
    case PM_ToolBarItemSpacing:
        return 2;
    case PM_ToolBarItemMargin:
        return 5;
    case PM_IndicatorWidth:
    case PM_IndicatorHeight:
    case PM_ExclusiveIndicatorWidth:
    case PM_ExclusiveIndicatorHeight:
        return 18;
    case PM_CheckBoxLabelSpacing:
    case PM_RadioButtonLabelSpacing:
        return 8;
    case PM_TabBarTabShiftVertical:
    case PM_TabBarBaseOverlap:
    case PM_ButtonShiftHorizontal:
    case PM_ButtonShiftVertical:
        return 0;
    case PM_TabBarTabHSpace:
        return 20;
    case PM_SplitterWidth:
        return 8;
    case PM_TreeViewIndentation:
        return 18;
    case PM_LayoutLeftMargin:
    case PM_LayoutRightMargin:
    case PM_LayoutTopMargin:
    case PM_LayoutBottomMargin:
        return 12;
    case PM_LayoutHorizontalSpacing:
    case PM_LayoutVerticalSpacing:
        return 8;
    case PM_MenuVMargin:
    case PM_MenuHMargin:
        return 4;
    default:
        return QProxyStyle::pixelMetric(metric, option, widget);
    }
}

int Style::styleHint(StyleHint hint, const QStyleOption *option, const QWidget *widget, QStyleHintReturn *data) const
{
    switch (hint) {
    case SH_EtchDisabledText:
    case SH_DitherDisabledText:
    case SH_ToolTipLabel_Opacity:
        return hint == SH_ToolTipLabel_Opacity ? 255 : 0;
    case SH_TabBar_Alignment:
        return Qt::AlignLeft;
    case SH_ScrollBar_LeftClickAbsolutePosition:
        return 0;
    case SH_UnderlineShortcut:
        return 1;
    case SH_DialogButtonBox_ButtonsHaveIcons:
        return 0;
    case SH_ItemView_ShowDecorationSelected:
        return 1;
    case SH_ComboBox_Popup:
        return 0;
    default:
        return QProxyStyle::styleHint(hint, option, widget, data);
    }
}

void Style::polish(QWidget *widget)
{
    QProxyStyle::polish(widget);
    if (qobject_cast<QAbstractButton *>(widget) || qobject_cast<QComboBox *>(widget) || qobject_cast<QTabBar *>(widget)
        || qobject_cast<QAbstractItemView *>(widget))
        widget->setAttribute(Qt::WA_Hover);
}

} // namespace kastellan::ui
